"""Values on their way in and out: the few types that differ between the two clients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs

from aerospike_wire import types as ours
from aerospike_wire.compat.constants import INTEGER, SERIALIZER_NONE, SERIALIZER_USER
from aerospike_wire.compat.refusal import refused
from aerospike_wire.compat.types import GeoJSON, null
from aerospike_wire.errors import AerospikeError, ClientError
from aerospike_wire.proto.invalid import InvalidArgument
from aerospike_wire.proto.values import Particle
from aerospike_wire.serializer import blob_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PLAIN: Final = frozenset({int, str, bytes, float, bool, type(None)})
"""Types of values that are the same on both sides."""
_WITHOUT_BOOL: Final = PLAIN - {bool}
_WITHOUT_BYTES: Final = PLAIN - {bytes}
_OURS: Final = (int, float, str, bytes, bytearray, ours.RawParticle, ours.CDTWildcard, ours.CDTInfinite)


@attrs.define
class Registered:
    """The serializers of the module, which all clients share."""

    serialize: Callable[[Any], Any] | None = None
    deserialize: Callable[[Any], Any] | None = None


REGISTERED: Final = Registered()


def set_serializer(callback: Callable[[Any], Any]) -> int:
    """What ``put(..., serializer=SERIALIZER_USER)`` calls for values that have no type on the server.

    Args:
        callback: gets the value, gives str or bytes to be stored as a blob.

    Raises:
        ParamError: it cannot be called.
    """
    if not callable(callback):
        raise refused("callback", "Parameter must be a callable")
    REGISTERED.serialize = callback
    return 0


def set_deserializer(callback: Callable[[Any], Any]) -> int:
    """What turns blobs that are read into objects.

    Args:
        callback: gets the blob as text; what it raises leaves the blob as it is.

    Raises:
        ParamError: it cannot be called.
    """
    if not callable(callback):
        raise refused("callback", "Parameter must be a callable")
    REGISTERED.deserialize = callback
    return 0


def unset_serializers() -> int:
    """Forget both; those of single clients stay."""
    REGISTERED.serialize = REGISTERED.deserialize = None
    return 0


@attrs.frozen
class Translator:
    """The way of values in and out for one client.

    The client's own serializers come before the module's. The module's serializer counts
    only for a ``put`` that asks for it.
    """

    serialize: Callable[[Any], Any] | None = None
    deserialize: Callable[[Any], Any] | None = None
    bools_as_integers: bool = False
    strict: bool = True
    """Whether operations that cannot be used are refused, instead of being passed over (``strict_types``)."""

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Translator:
        """That of a client's configuration: ``serialization`` and ``send_bool_as``.

        Raises:
            ParamError: one of them is not acceptable.
        """
        pair = config.get("serialization")
        serialize = deserialize = None
        if pair is not None:
            if not isinstance(pair, tuple) or len(pair) != 2:
                raise refused("serialization", "serialization must be a tuple (serializer, deserializer)")
            serialize, deserialize = pair
            if serialize is not None and not callable(serialize):
                raise refused("serialization", "Serializer must be callable")
            if deserialize is not None and not callable(deserialize):
                raise refused("serialization", "Deserializer must be callable")
        send_bool_as = config.get("send_bool_as", 1)
        if isinstance(send_bool_as, bool) or not isinstance(send_bool_as, int):
            raise refused("send_bool_as", "send_bool_as must be an int: INTEGER or AS_BOOL")
        return cls(serialize, deserialize, send_bool_as == INTEGER, config.get("strict_types", True) is not False)

    def serializing(self, serializer: Any) -> Translator:
        """This translator for a ``put`` that says which serializer it wants.

        Raises:
            ParamError: there is no such serializer.
        """
        if serializer is None:
            return self
        if isinstance(serializer, bool) or not isinstance(serializer, int):
            raise refused("serializer", "serializer must be an int: SERIALIZER_NONE or SERIALIZER_USER")
        if serializer == SERIALIZER_NONE:
            return self if self.serialize is None else attrs.evolve(self, serialize=None)
        if serializer != SERIALIZER_USER:
            raise refused("serializer", f"serializer {serializer} is not supported")
        if self.serialize is not None:
            return self
        if REGISTERED.serialize is None:
            return attrs.evolve(self, serialize=_no_serializer)
        return attrs.evolve(self, serialize=REGISTERED.serialize)

    # In

    def inward(self, value: Any, argument: str = "value") -> Any:
        """A value for the client, also inside lists and dicts.

        Args:
            value: what the program gave.
            argument: what to call it in an error.

        Raises:
            ClientError: the serializer failed.
        """
        same = _WITHOUT_BOOL if self.bools_as_integers else PLAIN
        kind = type(value)
        if kind in same:
            return value
        if isinstance(value, list):
            return value if same.issuperset(map(type, value)) else [self.inward(item, argument) for item in value]
        if isinstance(value, dict):
            if same.issuperset(map(type, value.values())):
                return value
            changed = {key: self.inward(item, argument) for key, item in value.items()}
            return ours.KeyOrderedDict(changed) if isinstance(value, ours.KeyOrderedDict) else changed
        if isinstance(value, GeoJSON):
            return ours.GeoJSON(value.dumps())
        if isinstance(value, null):
            return None
        if kind is bool:
            return int(value)
        if self.serialize is None or isinstance(value, _OURS):
            return value
        try:
            return blob_of(value, self.serialize, argument)
        except InvalidArgument as invalid:
            if isinstance(invalid.__cause__, AerospikeError):
                raise invalid.__cause__ from None
            raise ClientError(str(invalid)) from invalid.__cause__

    def bins(self, bins: Any) -> Any:
        """The bins of a ``put``."""
        if type(bins) is dict and not self.bools_as_integers:
            for value in bins.values():
                if type(value) not in PLAIN:
                    break
            else:
                return bins
        if not isinstance(bins, dict):
            raise refused("bins", "Record should be passed as bin-value pair")
        return {name: self.inward(value, f"bin {name!r}") for name, value in bins.items()}

    # Out

    def outward(self, value: Any) -> Any:
        """A value for the program, also inside lists and dicts."""
        deserialize = self.deserialize or REGISTERED.deserialize
        same = PLAIN if deserialize is None else _WITHOUT_BYTES
        kind = type(value)
        if kind in same:
            return value
        if kind is list:
            return value if same.issuperset(map(type, value)) else [self.outward(item) for item in value]
        if isinstance(value, dict):
            if same.issuperset(map(type, value.values())):
                return value
            return kind((key, self.outward(item)) for key, item in value.items())
        if isinstance(value, ours.GeoJSON):
            return GeoJSON(str(value))
        if isinstance(value, ours.RawParticle):
            return bytearray(value.data) if value.type == Particle.PYTHON_BLOB else value.data
        if kind is bytes and deserialize is not None:
            try:
                return deserialize(value.decode())
            except Exception:  # noqa: BLE001  by contract: a blob that it does not take stays a blob
                return value
        return value

    def record_bins(self, bins: dict[str, Any]) -> dict[str, Any]:
        """The bins of a record that was read."""
        same = PLAIN if REGISTERED.deserialize is None and self.deserialize is None else _WITHOUT_BYTES
        for value in bins.values():
            if type(value) not in same:
                return {name: self.outward(item) for name, item in bins.items()}
        return bins


def _no_serializer(_: Any) -> Any:
    raise ClientError("serializer is SERIALIZER_USER, and neither the client nor the module has a serializer")
