"""What the node keeps: namespaces, records, bins as particles."""

from __future__ import annotations

import itertools
import time
from typing import TYPE_CHECKING, Final

import attrs

from aerospike_wire.embedded import turns
from aerospike_wire.embedded.edition import COMMUNITY, ENTERPRISE, Edition
from aerospike_wire.embedded.index_contents import Contents
from aerospike_wire.embedded.table import Records
from aerospike_wire.proto.header import CITRUSLEAF_EPOCH
from aerospike_wire.proto.keys import MAX_NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aerospike_wire.embedded.indexes import Index
    from aerospike_wire.embedded.transactions.ledger import Ledger

Particle = tuple[int, bytes]
"""Type and bytes of a bin value, exactly as on the wire."""

MAX_GENERATION: Final = 0xFFFF
"""Generations are 16 bits and start again at 1."""


MAX_REPLICATION_FACTOR: Final = 256
"""As many as a cluster has nodes at most."""

_versions: Final = itertools.count(1)


def new_version() -> int:
    """A number that no version of a record has had."""
    return next(_versions)


@attrs.define
class StoredRecord:
    """One record. Bins keep the order in which they were made, as on a server."""

    digest: bytes
    set: bytes
    bins: dict[bytes, Particle]
    generation: int = 1
    void_time: int = 0
    """Seconds since 2010 at which the record expires, 0 for never."""
    last_update: int = 0
    """Milliseconds since 2010."""
    key: bytes | None = None
    """The user key as sent: a type byte and its bytes. None if it never was."""
    version: int = attrs.field(factory=new_version, eq=False)
    """Changes with every write: what transactions compare."""


@attrs.frozen
class NamespaceConfig:
    """How a namespace behaves.

    Args:
        name: at most 31 bytes.
        ttl: whether records may expire. False refuses TTLs with code 22, as a node does
            whose nsup-period is 0.
        default_ttl: seconds for writes that ask for the namespace's default; 0 for never.
        max_record_size: bytes of a record's bins; larger ones are refused with code 13.
        replication_factor: how many nodes of a cluster hold each record; None for what the
            cluster says.
        strong: whether it is strongly consistent, and so has transactions; Enterprise nodes only.
        expunge: whether a strongly consistent one takes deletions that are not durable
            (the server's strong-consistency-allow-expunge); transactions never do.
    """

    name: str
    ttl: bool = True
    default_ttl: int = 0
    max_record_size: int = 1024 * 1024
    replication_factor: int | None = None
    strong: bool = False
    expunge: bool = False

    @classmethod
    def parse(cls, text: str) -> NamespaceConfig:
        """A namespace as written on a command line: its name, then options behind commas.

        ``test``, ``test,ttl=off``, ``bar,default-ttl=3600,max-record-size=65536``

        Raises:
            ValueError: the name is missing or too long, or an option is unknown or out of
                range.
        """
        name, *options = (part.strip() for part in text.split(","))
        if not 0 < len(name.encode()) <= MAX_NAMESPACE:
            msg = f"a namespace needs a name of 1 to {MAX_NAMESPACE} bytes, not {name!r}"
            raise ValueError(msg)
        config = cls(name)
        for option in options:
            key, _, value = option.partition("=")
            if key == "ttl" and value in ("on", "off"):
                config = attrs.evolve(config, ttl=value == "on")
            elif key == "default-ttl" and value.isdecimal():
                config = attrs.evolve(config, default_ttl=int(value))
            elif key == "strong-consistency" and value in ("on", "off"):
                config = attrs.evolve(config, strong=value == "on")
            elif key == "strong-consistency-allow-expunge" and value in ("on", "off"):
                config = attrs.evolve(config, expunge=value == "on")
            elif key == "max-record-size" and value.isdecimal():
                config = attrs.evolve(config, max_record_size=int(value))
            elif key == "replication-factor" and value.isdecimal() and 0 < int(value) <= MAX_REPLICATION_FACTOR:
                config = attrs.evolve(config, replication_factor=int(value))
            else:
                msg = (
                    f"namespace {name!r} has the option {option!r}; there are ttl=on, ttl=off, "
                    "strong-consistency=on, strong-consistency=off, strong-consistency-allow-expunge=on, "
                    "strong-consistency-allow-expunge=off, default-ttl=SECONDS, "
                    "max-record-size=BYTES and replication-factor=N"
                )
                raise ValueError(msg)
        return config


@attrs.define
class Namespace:
    """The records of one namespace, by digest."""

    config: NamespaceConfig
    records: Records = attrs.field(factory=Records)
    truncations: dict[bytes, int] = attrs.field(factory=dict)
    """Set to the time up to which it was truncated, in milliseconds since 2010; an empty
    name stands for the whole namespace."""
    set_limits: dict[bytes, int] = attrs.field(factory=dict)
    """Set to the number of records from which on it takes no new ones; 0 for any number."""
    enterprise: bool = False
    """Whether it is a namespace of an Enterprise node."""
    ledger: Ledger | None = None
    """Its transactions, if it is strongly consistent."""

    @property
    def edition(self) -> Edition:
        """What its node has, and what it refuses."""
        return ENTERPRISE if self.enterprise else COMMUNITY

    @property
    def regime(self) -> int:
        """What partition maps say of it: 0 for available, more for strongly consistent."""
        return 1 if self.ledger is not None else 0

    def put(self, digest: bytes, record: StoredRecord | None) -> None:
        """Put a record in the place of what is there; None takes that away."""
        if record is None:
            self.records.pop(digest, None)
        else:
            self.records[digest] = record

    _contents: dict[Index, Contents] = attrs.field(factory=dict, init=False, repr=False, eq=False)

    @property
    def name(self) -> str:
        """The namespace's name."""
        return self.config.name

    def contents(self, index: Index, now: int) -> Contents:
        """What an index knows of the records here; when it is first asked for, it is built.

        Args:
            index: its definition.
            now: milliseconds since 2010.
        """
        definition = index.definition
        found = self._contents.get(definition)
        if found is None or not found.follows(self.records):
            found = self._contents[definition] = Contents(index, self.records)
            turns.run(found.build(now))
        return found

    def forget_contents(self, index: Index) -> None:
        """Drop what an index knows."""
        found = self._contents.pop(index.definition, None)
        if found is not None:
            found.close()

    def find(self, digest: bytes, now: int) -> StoredRecord | None:
        """The live record of a digest; one that has expired is dropped on sight.

        Args:
            digest: 20 bytes.
            now: seconds since 2010.
        """
        record = self.records.get(digest)
        if record is not None and record.void_time and record.void_time < now:
            del self.records[digest]
            return None
        return record

    def live(self, now: int) -> Iterator[StoredRecord]:
        """All live records, in no particular order."""
        for digest in tuple(self.records):
            record = self.find(digest, now)
            if record is not None:
                yield record


@attrs.define
class Clock:
    """The node's time. Tests may move it on instead of waiting for a record to expire."""

    source: Callable[[], float] = time.time
    offset: float = 0.0
    """Seconds that the node is ahead of its source."""

    def milliseconds(self) -> int:
        """Milliseconds since 2010."""
        return int((self.source() + self.offset - CITRUSLEAF_EPOCH) * 1000)

    def seconds(self) -> int:
        """Seconds since 2010."""
        return self.milliseconds() // 1000

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.offset += seconds
