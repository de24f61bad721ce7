"""A user's serializer: objects without a type on the server as blobs, and back (protocol section 6).

The official client stores what its user serializers give as plain blobs, and hands every
plain blob that is read to the deserializer. The same holds here; a prefix of one's own
tells serialized blobs from all others.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import attrs

from aerospike_wire.errors import ParamError
from aerospike_wire.proto.invalid import InvalidArgument, Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable


@attrs.frozen(eq=False, repr=False)
class Serializer:
    """Turns objects that have no type on the server into blobs, and these blobs into objects.

    Given to a client as ``serializer=``. What is written goes through ``dumps`` only if it
    has no type on the server: tuples, sets, dates, objects of your own; on their own or
    inside lists and maps. :meth:`wrap` sends any value through it.

    What is read goes through ``loads`` if it is a blob that starts with the prefix, on its
    own or as a value inside lists and maps. Without a prefix that is every blob.

    Args:
        dumps: gets a value, gives bytes, or text to be stored as UTF-8.
        loads: gets these bytes, without the prefix, and gives the value.
        prefix: bytes in front of all that ``dumps`` gives.

    Raises:
        ParamError: one of them is something else.
    """

    dumps: Callable[[Any], Any]
    loads: Callable[[bytes], Any]
    prefix: bytes = b""

    def __attrs_post_init__(self) -> None:
        for name in ("dumps", "loads"):
            _check_callable(f"serializer {name}", getattr(self, name))
        given: Any = self.prefix
        if not isinstance(given, bytes):
            raise ParamError.about("serializer prefix", f"must be bytes, not {type(given).__name__}")

    @classmethod
    def of(cls, given: Any) -> Serializer | None:
        """The serializer that a client was given.

        Args:
            given: a Serializer, anything else that has ``dumps`` and ``loads``, a pair of
                two functions in this order, or None.

        Raises:
            ParamError: it is none of these.
        """
        if given is None or isinstance(given, cls):
            return given
        if isinstance(given, tuple) and len(given) == 2:
            return cls(*given)
        try:
            return cls(given.dumps, given.loads)
        except AttributeError:
            problem = f"must be a Serializer, have dumps and loads, or be a pair of both, not {type(given).__name__}"
            raise ParamError.about("serializer", problem) from None

    def wrap(self, value: Any) -> Serialized:
        """A value for arguments that are encoded before a client sees them, or that has a type on the server.

        Operations, contexts, expressions and predicates take it wherever they take a value.
        """
        return Serialized(value, self)

    def data(self, value: Any, argument: str = "value") -> bytes:
        """The blob of a value.

        Raises:
            InvalidArgument: ``dumps`` failed, which is the cause, or gave something else.
        """
        return self.prefix + blob_of(value, self.dumps, argument)

    # Reading

    def bins(self, bins: dict[str, Any]) -> dict[str, Any]:
        """Bins that were read, with their values as the program has them.

        Raises:
            Unreadable: ``loads`` failed for one, which it names.
        """
        return {name: self.opened(value, name) for name, value in bins.items()}

    def opened(self, value: Any, name: str | None) -> Any:
        """A value that was read as the program has it.

        Args:
            value: what was read.
            name: its bin; None for what a function gave.

        Raises:
            Unreadable: ``loads`` failed.
        """
        kind = type(value)
        if kind is bytes:
            return self._loaded(value, name) if value.startswith(self.prefix) else value
        if kind is list:
            return [self.opened(item, name) for item in value]
        if isinstance(value, dict):
            return kind((key, self.opened(item, name)) for key, item in value.items())
        return value

    def _loaded(self, data: bytes, name: str | None) -> Any:
        try:
            return self.loads(data[len(self.prefix) :])
        except Exception as error:
            raise Unreadable(name, f"for which the serializer failed with {type(error).__name__}") from error

    def __repr__(self) -> str:
        return f"Serializer({_name(self.dumps)}, {_name(self.loads)}, {self.prefix!r})"


@attrs.frozen(repr=False)
class Serialized:
    """A value with the serializer that makes a blob of it. Made by :meth:`Serializer.wrap`."""

    value: Any
    serializer: Serializer

    def data(self, argument: str = "value") -> bytes:
        """The blob.

        Raises:
            InvalidArgument: the serializer failed.
        """
        return self.serializer.data(self.value, argument)

    def __repr__(self) -> str:
        return f"Serialized({type(self.value).__name__})"


def blob_of(value: Any, dumps: Callable[[Any], Any], argument: str = "value") -> bytes:
    """What a user's function makes of a value, as bytes.

    Raises:
        InvalidArgument: it failed, which is the cause, or gave something else than bytes or text.
    """
    kind = type(value).__name__
    try:
        found = dumps(value)
        if isinstance(found, str):
            found = found.encode()
    except Exception as error:
        problem = f"holds a value of type {kind} for which the serializer failed with {type(error).__name__}"
        raise InvalidArgument(argument, problem) from error
    if not isinstance(found, bytes | bytearray):
        problem = f"holds a value of type {kind} of which the serializer made {type(found).__name__}, not bytes"
        raise InvalidArgument(argument, problem)
    return bytes(found)


def _check_callable(argument: str, given: Any) -> None:
    if not callable(given):
        raise ParamError.about(argument, f"must be callable, not {type(given).__name__}")
    if inspect.iscoroutinefunction(given):
        raise ParamError.about(argument, "must be a plain function, not a coroutine function")


def _name(function: Any) -> str:
    return str(getattr(function, "__qualname__", type(function).__name__))
