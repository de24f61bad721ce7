"""The exceptions as a tree, for whoever shows it."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, NamedTuple

from aerospike_wire import errors
from aerospike_wire.errors import AerospikeError, class_of

if TYPE_CHECKING:
    from collections.abc import Iterator


class Place(NamedTuple):
    """One class where the tree is drawn."""

    cls: type[AerospikeError]
    branch: str
    """What stands before the class's name."""
    below: str
    """What stands before further lines about the class."""


@functools.cache
def classes() -> tuple[type[AerospikeError], ...]:
    """Every exception class of the package, in the order of the tree."""
    return tuple(place.cls for place in draw())


def parents(cls: type[AerospikeError]) -> list[type[AerospikeError]]:
    """The classes that also catch this one, nearest first, up to AerospikeError."""
    return [base for base in cls.__mro__[1:] if issubclass(base, AerospikeError)]


def children(cls: type[AerospikeError]) -> tuple[type[AerospikeError], ...]:
    """The classes right below this one: those without a code first, each kind by code."""
    return _children()[cls]


@functools.cache
def _children() -> dict[type[AerospikeError], tuple[type[AerospikeError], ...]]:
    ordered = sorted(_PUBLIC, key=_order)
    return {cls: tuple(other for other in ordered if parents(other)[:1] == [cls]) for cls in _PUBLIC}


def aliases(cls: type[AerospikeError]) -> list[str]:
    """Other public names of the class."""
    return [name for name in errors.__all__ if getattr(errors, name) is cls and name != cls.__name__]


def own_code(cls: type[AerospikeError]) -> int | None:
    """The code that the class stands for; None for bases and for classes that borrow their parent's."""
    return cls.code if cls.code is not None and class_of(cls.code) is cls else None


def title(cls: type[AerospikeError]) -> str:
    """Name and code as the tree shows them, ``*`` for no code."""
    code = own_code(cls)
    return f"{cls.__name__} ({'*' if code is None else code})"


def draw(cls: type[AerospikeError] = AerospikeError) -> Iterator[Place]:
    """A class and all below it, each with the lines that lead to it."""
    yield from _draw(cls, "", "")


def _draw(cls: type[AerospikeError], branch: str, indent: str) -> Iterator[Place]:
    found = children(cls)
    yield Place(cls, branch, indent + (" |    " if found else "      "))
    for child in found:
        last = child is found[-1]
        yield from _draw(child, f"{indent} +-- ", indent + ("     " if last else " |   "))


def _order(cls: type[AerospikeError]) -> tuple[bool, int, int]:
    own = own_code(cls)
    code = _least_code(cls) if own is None else own
    return own is not None, abs(code), -code


def _least_code(cls: type[AerospikeError]) -> int:
    below = [code for other in _PUBLIC if issubclass(other, cls) and (code := own_code(other)) is not None]
    return min(below, key=abs, default=0)


# A name may stand for another class, as InvalidHost does: each class counts once.
_PUBLIC = tuple(
    dict.fromkeys(
        found
        for found in (getattr(errors, name) for name in errors.__all__)
        if isinstance(found, type) and issubclass(found, AerospikeError)
    )
)
