"""Secondary index definitions. Queries scan and filter; an index only says that they may."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from aerospike_wire.proto.values import Particle

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_DEFINITIONS: Final = 256
"""Indexes of one namespace, set indexes not counted."""
MAX_NAME: Final = 63
"""Bytes of an index name."""

KINDS: Final = ("numeric", "string", "blob", "geo2dsphere")
"""What an index holds."""
TYPES: Final = ("default", "list", "mapkeys", "mapvalues")
"""What of a bin it holds: the value, a list's elements, a map's keys or values. The place in
this tuple is the number on the wire."""

KIND_OF_PARTICLE: Final = {
    Particle.INTEGER.value: "numeric",
    Particle.STRING.value: "string",
    Particle.BLOB.value: "blob",
    Particle.GEOJSON.value: "geo2dsphere",
}


class DefinitionDiffersError(Exception):
    """The name belongs to another definition."""


class TooManyIndexesError(Exception):
    """The namespace has as many indexes as it may have."""


@attrs.frozen
class Index:
    """One definition."""

    name: str
    namespace: str
    set: str | None
    """None for an index over all sets."""
    bin: str | None
    """None for an index over an expression or a set."""
    kind: str | None
    """One of KINDS, None for a set index."""
    type: str = "default"
    """One of TYPES."""
    context: bytes | None = None
    """Packed path to the part of the bin that is indexed."""
    expression: bytes | None = None
    """Packed expression whose value is indexed."""
    set_index: bool = False
    """It lists a set's records and nothing else."""

    @property
    def definition(self) -> Index:
        """The same without its name: what must not exist twice."""
        return attrs.evolve(self, name="")


@attrs.define
class Indexes:
    """All definitions. Those of namespaces that the node does not have are kept as well."""

    by_name: dict[tuple[str, str], Index] = attrs.field(factory=dict)
    """Namespace and name to index, in the order of creation."""
    listed_sets: set[tuple[str, str]] = attrs.field(factory=set)
    """Namespace and name of sets whose index was switched on as a setting."""

    def create(self, index: Index) -> None:
        """Add an index.

        One that exists already is no error; a definition that exists under another name
        takes the new name.

        Raises:
            DefinitionDiffersError: the name belongs to another definition.
            TooManyIndexesError: the namespace has 256 already.
        """
        key = (index.namespace, index.name)
        existing = self.by_name.get(key)
        if existing is not None:
            if existing == index:
                return
            raise DefinitionDiffersError
        same = next((other for other in self.by_name.values() if other.definition == index.definition), None)
        if same is not None:
            # Renamed in its place: the order of definitions is the order in which they are listed.
            self.by_name = {
                (key if old is same else place): (index if old is same else old) for place, old in self.by_name.items()
            }
            return
        if not index.set_index and self._count(index.namespace) >= MAX_DEFINITIONS:
            raise TooManyIndexesError
        self.by_name[key] = index

    def delete(self, namespace: str, name: str) -> None:
        """Remove an index; one that is not there is no error."""
        self.by_name.pop((namespace, name), None)

    def get(self, namespace: str, name: str) -> Index | None:
        """An index by name."""
        return self.by_name.get((namespace, name))

    def of(self, namespace: str) -> Iterator[Index]:
        """The indexes of a namespace in the order of creation, set indexes last."""
        mine = [index for index in self.by_name.values() if index.namespace == namespace]
        yield from (index for index in mine if not index.set_index)
        yield from (index for index in mine if index.set_index)

    def has_set_index(self, namespace: str, set_name: str) -> bool:
        """Whether a set has an index of its records, by definition or by setting."""
        if (namespace, set_name) in self.listed_sets:
            return True
        return any(index.set_index and index.set == set_name for index in self.of(namespace))

    def list_set(self, namespace: str, set_name: str, *, on: bool) -> bool:
        """Switch a set's index on or off as a setting.

        Returns:
            False if the set has an index by definition, which settings cannot change.
        """
        if any(index.set_index and index.set == set_name for index in self.of(namespace)):
            return False
        if on:
            self.listed_sets.add((namespace, set_name))
        else:
            self.listed_sets.discard((namespace, set_name))
        return True

    def find(
        self,
        namespace: str,
        set_name: str | None,
        bin_name: str | None,
        index_type: int,
        particle_type: int,
        *,
        name: str | None = None,
        context: bytes | None = None,
        expression: bytes | None = None,
    ) -> Index | None:
        """The index that a query can use; None is what a node answers 201 to.

        An index over all sets serves queries of a set that has none of its own.

        Args:
            namespace: of the query.
            set_name: of the query; None or empty for all sets.
            bin_name: that the query compares; None or empty if it names the index or an
                expression.
            index_type: number on the wire, 0 to 3.
            particle_type: of the values that the query compares with.
            name: name of the index, if the query gives one.
            context: packed path into the bin, if the query gives one.
            expression: packed expression, if the query gives one.
        """
        kind = KIND_OF_PARTICLE.get(particle_type)
        type_name = TYPES[index_type] if 0 <= index_type < len(TYPES) else ""
        if name is not None:
            # Found by its name an index is not asked whether it fits the values.
            return self.get(namespace, name)
        wanted = Index("", namespace, None, bin_name or None, kind, type_name, context or None, expression or None)
        found = None
        for index in self.of(namespace):
            if index.set in (None, set_name or None) and attrs.evolve(index.definition, set=None) == wanted:
                if index.set == (set_name or None):
                    return index
                found = index
        return found

    def _count(self, namespace: str) -> int:
        return sum(1 for index in self.of(namespace) if not index.set_index)
