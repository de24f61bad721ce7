"""Calls of Lua functions on one record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs

from aerospike_wire import lua
from aerospike_wire.embedded import operations, records
from aerospike_wire.embedded.refusal import Refusal
from aerospike_wire.embedded.sizes import stored_size
from aerospike_wire.embedded.store import StoredRecord
from aerospike_wire.errors import ProtocolError
from aerospike_wire.errors.codes import ResultCode
from aerospike_wire.proto import msgpack, values
from aerospike_wire.proto.fields import Field
from aerospike_wire.proto.header import CITRUSLEAF_EPOCH
from aerospike_wire.proto.invalid import InvalidArgument
from aerospike_wire.proto.message import Message, Op, OpCode
from aerospike_wire.proto.values import Particle
from aerospike_wire.types import RawParticle

if TYPE_CHECKING:
    from aerospike_wire.embedded.node import Node
    from aerospike_wire.embedded.store import Namespace

MAX_NAME: Final = 127
"""Bytes of the names of modules and functions."""
_MODULE_UNUSABLE: Final = b"UDF: Execution Error 1"
_ARGUMENT_UNUSABLE: Final = b"UDF: Execution Error 2"
_NO_TEXT: Final = b"result value type unexpected"


@attrs.frozen
class Done:
    """What a function did, as it is answered and stored."""

    outcome: lua.Outcome
    kind: int
    """Particle type of what it returned."""
    data: bytes
    bins: dict[bytes, tuple[int, bytes] | None]
    """All bins in order; None for those that did not change."""

    @classmethod
    def of(cls, outcome: lua.Outcome) -> Done:
        """Encoded before anything is written: what cannot be answered must not be done.

        Raises:
            Refusal: it was refused inside the function, or something cannot leave Lua.
        """
        if outcome.code:
            raise Refusal(outcome.code, "an update inside the function failed")
        kind, data = encode(outcome.value)
        bins = {name: None if value is None else _stored(value) for name, value in outcome.bins.items()}
        return cls(outcome, kind, data, bins)


@attrs.frozen
class Call:
    """What a message asks to be called."""

    module: str
    function: str
    arguments: list[Any]

    @classmethod
    def of(cls, message: Message) -> Call:
        """Taken from the fields of a message.

        Raises:
            Refusal: 4, one is missing or too long.
        """
        try:
            module = message.fields[Field.UDF_MODULE]
            function = message.fields[Field.UDF_FUNCTION]
            packed = message.fields[Field.UDF_ARGUMENTS]
        except KeyError as error:
            raise Refusal(ResultCode.INVALID_REQUEST, f"a UDF call lacks field {error}") from None
        if len(module) > MAX_NAME or len(function) > MAX_NAME:
            raise Refusal(ResultCode.INVALID_REQUEST, "a module or function with too long a name")
        try:
            arguments = msgpack.unpack(packed) if packed else []
        except ProtocolError:
            arguments = []
        if not isinstance(arguments, list):
            arguments = []  # as a server takes it
        return cls(module.decode(errors="replace"), function.decode(errors="replace"), arguments)


def apply(node: Node, namespace: Namespace, digest: bytes, message: Message, now_seconds: int) -> bytes:
    """Run the function that a message names on a record that exists or may be made.

    Args:
        node: whose modules are called.
        namespace: the record's.
        digest: the record's.
        message: the request, or a row of a batch.
        now_seconds: seconds since 2010.

    Returns:
        The body of the reply: a header, and one operation named SUCCESS or FAILURE unless
        the call was refused before or after it ran.

    Raises:
        Unfinished: the function takes longer than others can wait; nothing was changed yet.
    """
    try:
        records.check_transaction(namespace, message)
        call = Call.of(message)
    except Refusal as refusal:
        return records.reply(refusal.code)
    record = namespace.find(digest, now_seconds)
    try:
        if record is not None:
            records.check_filter(namespace, record, message, node.clock.milliseconds())
            records.check_key(record, message)
        done = _run(node, record, digest, call, message, now_seconds)
        if done.outcome.updated:
            record = _write(node, namespace, record, digest, done, message, now_seconds)
    except Refusal as refusal:
        return records.reply(refusal.code, record)
    except lua.LuaMissingError as error:
        return _failure(record, str(error).encode())
    except lua.ModuleUnusableError:
        return _failure(record, _MODULE_UNUSABLE)
    except lua.ArgumentUnusableError:
        return _failure(record, _ARGUMENT_UNUSABLE)
    except lua.LuaFailedError as error:
        return _failure(record, error.args[0] or _NO_TEXT)
    return records.reply(ResultCode.OK, record, [Op(OpCode.READ, b"SUCCESS", done.kind, done.data).pack()])


def _failure(record: StoredRecord | None, text: bytes) -> bytes:
    return records.reply(ResultCode.UDF, record, [Op(OpCode.READ, b"FAILURE", Particle.STRING, text).pack()])


def _run(node: Node, record: StoredRecord | None, digest: bytes, call: Call, message: Message, now: int) -> Done:
    asked = message.header.transaction_ttl / 1000
    limit = min(asked, node.modules.time_limit) if asked else node.modules.time_limit
    if record is None:
        # What a record would have that the function creates.
        set_name = message.fields.get(Field.SET) or None
        size = stored_size(StoredRecord(digest, b"", {}, generation=0))
        facts = lua.RecordFacts(exists=False, digest=digest, set=set_name, key=_sent(message), size=size)
        subject = lua.Subject(facts, (), lambda _name: None)
    else:
        subject = subject_of(record, now)
        if Field.KEY in message.fields:
            subject = attrs.evolve(subject, facts=attrs.evolve(subject.facts, key=_sent(message)))
    milliseconds = unix_milliseconds(node)

    def work(machine: lua.Machine, seconds: float, *, tentative: bool) -> Done:
        outcome = machine.call(
            call.function, subject, call.arguments, limit=seconds, now=milliseconds, tentative=tentative
        )
        return Done.of(outcome)

    def state() -> tuple[object, ...]:
        seen = None if record is None else (record.generation, record.last_update, tuple(record.bins.items()))
        return digest, seen, message.fields[Field.UDF_ARGUMENTS], message.fields.get(Field.KEY)

    try:
        return node.modules.call(call.module, call.function, work, state, limit)
    except lua.ValueUnusableError as error:
        raise Refusal(ResultCode.BIN_INCOMPATIBLE_TYPE, str(error)) from None


def _sent(message: Message) -> Any:
    key = message.fields.get(Field.KEY)
    return _value(key[0], key[1:]) if key else None


def unix_milliseconds(node: Node) -> int:
    """The time that functions are told: milliseconds since 1970."""
    return node.clock.milliseconds() + CITRUSLEAF_EPOCH * 1000


def subject_of(record: StoredRecord, now: int) -> lua.Subject:
    """A record as Lua sees it; its bins are those of this moment.

    Args:
        record: the record.
        now: seconds since 2010.
    """
    bins = dict(record.bins)
    facts = lua.RecordFacts(
        exists=True,
        digest=record.digest,
        generation=record.generation,
        ttl=max(record.void_time - now, 0) if record.void_time else 0,
        set=record.set or None,
        key=_value(record.key[0], record.key[1:]) if record.key else None,
        last_update=record.last_update,
        size=stored_size(record),
    )
    return lua.Subject(facts, tuple(bins), lambda name: _value(*bins[name]))


def _value(kind: int, data: bytes) -> Any:
    try:
        return values.decode(kind, data)
    except ProtocolError:
        return RawParticle(kind, data)


def encode(value: Any) -> tuple[int, bytes]:
    """A value of Lua as a particle.

    Raises:
        Refusal: 12, it cannot leave Lua.
    """
    try:
        kind, data = values.encode(value)
    except InvalidArgument as error:
        raise Refusal(ResultCode.BIN_INCOMPATIBLE_TYPE, str(error)) from None
    return int(kind), data


def _stored(value: Any) -> tuple[int, bytes]:
    kind, data = encode(value)
    if kind != Particle.GEOJSON:
        return kind, data
    try:
        return operations.stored(kind, data)
    except Refusal:
        # A script may store what is no GeoJSON: nothing finds it by its place.
        return kind, data


def _write(
    node: Node,
    namespace: Namespace,
    record: StoredRecord | None,
    digest: bytes,
    done: Done,
    message: Message,
    now: int,
) -> StoredRecord:
    outcome = done.outcome
    if record is None:
        record = StoredRecord(digest, message.fields.get(Field.SET, b""), {}, generation=0)
    ttl = message.header.record_ttl if outcome.ttl is None else outcome.ttl
    void_time = records.expiry(namespace, record, ttl, now)
    bins = {name: record.bins[name] if particle is None else particle for name, particle in done.bins.items()}
    if bins:
        key = None if outcome.key_dropped else message.fields.get(Field.KEY)
        records.save(namespace, record, bins, void_time, node.clock.milliseconds(), key=key)
        if outcome.key_dropped:
            record.key = None
        return record
    if not record.generation:
        raise Refusal(ResultCode.RECORD_NOT_FOUND, "no record and no bins")
    records.check_durability(namespace, message)
    # A removal through a function is answered with the generation that it would have led to.
    records.touch(record, void_time, node.clock.milliseconds())
    del namespace.records[digest]
    return record
