"""Commands on single records: read, write, delete (protocol sections 2.6, 2.8 and 2.10)."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Final

from aerospike_wire.embedded import computed, filters, operations
from aerospike_wire.embedded.operations import MODIFY_OPS, READ_OPS, result
from aerospike_wire.embedded.refusal import Refusal
from aerospike_wire.embedded.sizes import record_size
from aerospike_wire.embedded.store import MAX_GENERATION, StoredRecord, new_version
from aerospike_wire.errors.codes import ResultCode
from aerospike_wire.proto.fields import Field
from aerospike_wire.proto.header import MESSAGE, MESSAGE_HEADER_SIZE, Info1, Info2, Info3
from aerospike_wire.proto.keys import DIGEST_SIZE, MAX_SET
from aerospike_wire.proto.message import OpCode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aerospike_wire.embedded.node import Node
    from aerospike_wire.embedded.operations import Bins, Compute
    from aerospike_wire.embedded.store import Namespace
    from aerospike_wire.proto.message import Message

MAX_OPS: Final = 32767
"""Operations of a write message."""
MAX_TTL: Final = 10 * 365 * 24 * 60 * 60
"""Seconds; ten years."""

TTL_DEFAULT: Final = 0
TTL_NEVER: Final = 0xFFFF_FFFF
TTL_KEEP: Final = 0xFFFF_FFFE
_TOUCH_NEVER: Final = -1

_REPLACE: Final = Info3.CREATE_OR_REPLACE | Info3.REPLACE_ONLY
_MUST_EXIST: Final = Info3.UPDATE_ONLY | Info3.REPLACE_ONLY
_SC_READ: Final = Info3.SC_READ_TYPE | Info3.SC_READ_RELAX
_INTEGER_KEY_SIZE: Final = 9


def reply(
    code: int = 0,
    record: StoredRecord | None = None,
    ops: Sequence[bytes] = (),
    *,
    info3: int = 0,
    index: int = 0,
    fields: Sequence[bytes] = (),
) -> bytes:
    """The body of a reply message.

    Args:
        code: result code.
        record: whose generation and expiry the header tells; None for neither.
        ops: packed bins or results.
        info3: flags; LAST ends a reply of several messages.
        index: row of a batch.
        fields: packed fields.
    """
    generation, void_time = (0, 0) if record is None else (record.generation, record.void_time)
    head = MESSAGE.pack(MESSAGE_HEADER_SIZE, 0, 0, info3, 0, code, generation, void_time, index, len(fields), len(ops))
    return b"".join((head, *fields, *ops)) if ops or fields else head


def namespace_of(node: Node, message: Message) -> Namespace:
    """The namespace that a message is about.

    Raises:
        Refusal: 20, it names none or one that is not here.
    """
    name = message.fields.get(Field.NAMESPACE)
    found = None if name is None else node.namespaces.get(name.decode(errors="surrogateescape"))
    if found is None:
        raise Refusal(ResultCode.NAMESPACE_NOT_FOUND, "namespace missing or unknown")
    return found


def digest_of(message: Message, digest: bytes | None = None) -> bytes:
    """The digest that a message is about, once it and the set have possible sizes.

    Args:
        message: the request.
        digest: the digest, if the message has no field for it.

    Raises:
        Refusal: 4, one of them is of an impossible size.
    """
    found = message.fields.get(Field.DIGEST, b"") if digest is None else digest
    if len(found) != DIGEST_SIZE or len(message.fields.get(Field.SET, b"")) > MAX_SET:
        raise Refusal(ResultCode.INVALID_REQUEST, "digest or set of an impossible size")
    return found


def handle(node: Node, message: Message, *, digest: bytes | None = None, row: bool = False) -> bytes:
    """Answer a read, write or delete of one record.

    Args:
        node: the node.
        message: the request.
        digest: which record, if the message has no field for it, as rows of a batch.
        row: whether the message is a row of a batch, whose reads answer differently.

    Returns:
        The body of the reply.
    """
    try:
        namespace = namespace_of(node, message)
        digest = digest_of(message, digest)
    except Refusal as refusal:
        return reply(refusal.code)
    return carry_out(namespace, digest, message, node.clock.milliseconds(), row=row)


def carry_out(namespace: Namespace, digest: bytes, message: Message, now: int, *, row: bool = False) -> bytes:
    """The same, once the record is known.

    Args:
        namespace: the record's.
        digest: the record's.
        message: the request.
        now: milliseconds since 2010.
        row: whether the message is a row of a batch.

    Returns:
        The body of the reply.
    """
    try:
        info2 = message.header.info2
        if info2 & Info2.WRITE:
            if info2 & Info2.DELETE:
                return _delete(namespace, digest, message, now)
            return _write(namespace, digest, message, now)
        return _read(namespace, digest, message, now, row=row)
    except Refusal as refusal:
        return reply(refusal.code)


# Checks that commands share


def check_transaction(namespace: Namespace, message: Message) -> None:
    """Community Edition has no transactions, and Enterprise has them in strongly consistent namespaces only.

    Raises:
        Refusal: 25 or 16, the message belongs to one.
    """
    if Field.MRT_ID in message.fields and not namespace.config.strong:
        has_them = namespace.edition.transactions
        code = ResultCode.UNSUPPORTED_FEATURE if has_them else ResultCode.ENTERPRISE_ONLY
        raise Refusal(code, "transaction id")


def check_durability(namespace: Namespace, message: Message) -> None:
    """Community Edition has no durable deletes, and strongly consistent namespaces have no others, unless told so.

    Raises:
        Refusal: 25 or 22, a deletion of the kind that there is not.
    """
    durable = message.header.info2 & Info2.DURABLE_DELETE
    if durable and not namespace.edition.durable_delete:
        raise Refusal(ResultCode.ENTERPRISE_ONLY, "durable delete")
    if (
        not durable
        and namespace.config.strong
        and not (namespace.config.expunge and Field.MRT_ID not in message.fields)
    ):
        raise Refusal(ResultCode.FORBIDDEN, "deletion that is not durable")


def check_set(record: StoredRecord, message: Message, *, required: bool) -> None:
    """A record of one set cannot be got at through another.

    Args:
        record: the record that was found.
        message: the request.
        required: whether a message that names no set is refused as well.

    Raises:
        Refusal: 4, the sets differ.
    """
    wanted = message.fields.get(Field.SET, b"")
    if wanted != record.set and (wanted or required):
        raise Refusal(ResultCode.INVALID_REQUEST, "record of another set")


def check_key(record: StoredRecord, message: Message) -> None:
    """A sent key must be the stored one, if one is stored.

    Raises:
        Refusal: 19, the keys differ.
    """
    key = message.fields.get(Field.KEY)
    if key is not None and record.key is not None and key != record.key:
        raise Refusal(ResultCode.RECORD_KEY_MISMATCH, "stored key differs")


def check_room(namespace: Namespace, set_name: bytes, now: int) -> None:
    """A set may be limited to a number of records.

    Args:
        namespace: the set's.
        set_name: the set.
        now: seconds since 2010.

    Raises:
        Refusal: 22, there is no room for another one.
    """
    limit = namespace.set_limits.get(set_name, 0)
    if limit and sum(record.set == set_name for record in namespace.live(now)) >= limit:
        raise Refusal(ResultCode.FORBIDDEN, f"the set takes no more than {limit} records")


def check_generation(message: Message, generation: int) -> None:
    """The generation policy of a write.

    Args:
        message: the request.
        generation: the record's; 0 if there is none.

    Raises:
        Refusal: 3, the record is of another generation than is wanted.
    """
    header = message.header
    if header.info2 & Info2.GENERATION and header.generation != generation:
        raise Refusal(ResultCode.RECORD_GENERATION, "generation differs")
    if header.info2 & Info2.GENERATION_GT and header.generation <= generation:
        raise Refusal(ResultCode.RECORD_GENERATION, "generation not greater")


def check_filter(namespace: Namespace, record: StoredRecord, message: Message, now: int) -> None:
    """Apply the message's filter expression, if it has one.

    Raises:
        Refusal: 27, the record does not match; 4, the expression is malformed.
    """
    expression = message.fields.get(Field.FILTER)
    if expression is None:
        return
    try:
        matched = filters.matches(expression, namespace, record, now)
    except filters.Malformed as error:
        raise Refusal(ResultCode.INVALID_REQUEST, str(error)) from None
    if not matched:
        raise Refusal(ResultCode.FILTERED_OUT, "filtered out")


# Reading


def _read(namespace: Namespace, digest: bytes, message: Message, now: int, *, row: bool) -> bytes:
    header = message.header
    info1 = header.info1
    if not info1 & Info1.READ:
        raise Refusal(ResultCode.INVALID_REQUEST, "neither read nor write")
    check_transaction(namespace, message)
    if header.info3 & _SC_READ == Info3.SC_READ_TYPE and not namespace.edition.linearized_reads:
        raise Refusal(ResultCode.ENTERPRISE_ONLY, "linearized read")
    record = namespace.find(digest, now // 1000)
    if record is None:
        return reply(ResultCode.RECORD_NOT_FOUND)
    try:
        check_set(record, message, required=False)
        if message.fields.get(Field.FILTER) is not None:
            check_filter(namespace, record, message, now)
        check_key(record, message)
        ops = read_bins(record.bins, message, row=row, compute=functools.partial(computed.run, record, now))
        renewed = _renewed(record, header.record_ttl, now)
    except Refusal as refusal:
        return reply(refusal.code, record)
    answer = reply(0, record, ops)
    if renewed is not None:
        record.void_time = renewed
        record.last_update = now
    return answer


def read_bins(bins: Bins, message: Message, *, row: bool = False, compute: Compute | None = None) -> list[bytes]:
    """The packed bins that a read asks for.

    Args:
        bins: the record's.
        message: the request.
        row: whether it is a row of a batch, where every result has the code of a read.
        compute: carries out operations that hold expressions.

    Raises:
        Refusal: 4 or 21 for what cannot be read, and for a read of nothing.
    """
    info1 = message.header.info1
    if info1 & Info1.GET_NO_BINS:
        return []
    if info1 & Info1.GET_ALL:
        return all_bins(bins)
    if not message.ops:
        raise Refusal(ResultCode.INVALID_REQUEST, "read of nothing")
    respond_all = bool(message.header.info2 & Info2.RESPOND_ALL_OPS)
    code = OpCode.READ if row else None
    found = (operations.read(bins, op, respond_all=respond_all, code=code, compute=compute) for op in message.ops)
    return [packed for packed in found if packed is not None]


def all_bins(bins: Bins) -> list[bytes]:
    """All bins, packed, in their order."""
    return [result(OpCode.READ, name, value) for name, value in bins.items()]


def _renewed(record: StoredRecord, percent: int, now: int) -> int | None:
    """The new expiry of a record that is read with a touch percentage, if it gets one."""
    if not record.void_time or percent == 0:
        return None
    signed = percent - (1 << 32) if percent >> 31 else percent
    if signed == _TOUCH_NEVER:
        return None
    if not 1 <= signed <= 100:
        raise Refusal(ResultCode.INVALID_REQUEST, f"touch percentage {signed}")
    seconds = now // 1000
    life = record.void_time - record.last_update // 1000
    if seconds < record.void_time - life * signed // 100:
        return None
    return seconds + life


# Deleting


def _delete(namespace: Namespace, digest: bytes, message: Message, now: int) -> bytes:
    check_durability(namespace, message)
    record = namespace.find(digest, now // 1000)
    if record is None:
        raise Refusal(ResultCode.RECORD_NOT_FOUND, "no record")
    check_generation(message, record.generation)
    check_set(record, message, required=False)
    check_filter(namespace, record, message, now)
    check_key(record, message)
    del namespace.records[digest]
    return reply()


# Writing


def _write(namespace: Namespace, digest: bytes, message: Message, now: int) -> bytes:
    check_transaction(namespace, message)
    _check_write(message)
    info3 = message.header.info3
    record = namespace.find(digest, now // 1000)
    if record is None:
        if info3 & _MUST_EXIST or any(op.code == OpCode.TOUCH for op in message.ops):
            raise Refusal(ResultCode.RECORD_NOT_FOUND, "no record")
        check_generation(message, 0)
        check_room(namespace, message.fields.get(Field.SET, b""), now // 1000)
        fresh = StoredRecord(digest, message.fields.get(Field.SET, b""), {}, generation=0)
        return _change(namespace, fresh, message, now)
    try:
        if message.header.info2 & Info2.CREATE_ONLY:
            raise Refusal(ResultCode.RECORD_EXISTS, "record exists")
        check_generation(message, record.generation)
        check_set(record, message, required=True)
        check_filter(namespace, record, message, now)
        check_key(record, message)
        return _change(namespace, record, message, now)
    except Refusal as refusal:
        return reply(refusal.code, record)


def _check_write(message: Message) -> None:
    """Refuse writes that contradict themselves, before any record is looked at."""
    header = message.header
    if not 0 < len(message.ops) <= MAX_OPS:
        raise Refusal(ResultCode.INVALID_REQUEST, f"write of {len(message.ops)} operations")
    key = message.fields.get(Field.KEY)
    if key is not None and key[:1] == b"\x01" and len(key) != _INTEGER_KEY_SIZE:
        raise Refusal(ResultCode.UNSUPPORTED_FEATURE, "integer key of another size than 8 bytes")
    replace = header.info3 & _REPLACE
    reads_all = gives = False
    for op in message.ops:
        code = op.code
        if replace and (
            code in MODIFY_OPS
            or code in (OpCode.TOUCH, OpCode.DELETE_ALL)
            or (code == OpCode.WRITE and op.particle == 0)
        ):
            raise Refusal(ResultCode.INVALID_REQUEST, f"replace with operation {code}")
        if code == OpCode.TOUCH:
            continue
        operations.check_name(op.name)
        if code not in READ_OPS:
            continue
        if not header.info1 & Info1.READ or reads_all:
            raise Refusal(ResultCode.INVALID_REQUEST, "read operation without the read flag or beside a read of all")
        if code == OpCode.READ and not op.name:
            if gives or header.info2 & Info2.RESPOND_ALL_OPS:
                raise Refusal(ResultCode.INVALID_REQUEST, "read of all beside other results")
            reads_all = True
        gives = True
    if bool(header.info1 & (Info1.GET_ALL | Info1.GET_NO_BINS)) != reads_all:
        raise Refusal(ResultCode.INVALID_REQUEST, "flag and operation for all bins contradict each other")


def _change(namespace: Namespace, record: StoredRecord, message: Message, now: int) -> bytes:
    """Apply a write to a record, which may be one that is not stored yet."""
    header = message.header
    void_time = expiry(namespace, record, header.record_ttl, now // 1000)
    bins: Bins = {} if header.info3 & _REPLACE else dict(record.bins)
    respond_all = bool(header.info2 & Info2.RESPOND_ALL_OPS)
    ops: list[bytes] = []
    compute = functools.partial(computed.run, record, now)
    for op in message.ops:
        if op.code == OpCode.READ and not op.name:
            if not header.info1 & Info1.GET_NO_BINS:
                ops += all_bins(bins)
            continue
        packed = operations.apply(bins, op, respond_all=respond_all, compute=compute)
        if packed is not None:
            ops.append(packed)
    if not bins:
        if record.digest not in namespace.records:
            raise Refusal(ResultCode.RECORD_NOT_FOUND, "no record and no bins")
        check_durability(namespace, message)
        del namespace.records[record.digest]
        return reply(0, None, ops)
    save(namespace, record, bins, void_time, now, key=message.fields.get(Field.KEY))
    return reply(0, record, ops)


def expiry(namespace: Namespace, record: StoredRecord, ttl: int, now: int) -> int:
    """When a record that is written now will expire, in seconds since 2010; 0 for never.

    Args:
        namespace: whose default and whose permission count.
        record: as it was before.
        ttl: of the request: seconds or a special value.
        now: seconds since 2010.

    Raises:
        Refusal: 4, more than ten years; 22, the namespace takes no TTLs.
    """
    if ttl == TTL_NEVER:
        return 0
    if ttl == TTL_KEEP and record.generation:
        return record.void_time
    if ttl in (TTL_DEFAULT, TTL_KEEP):
        default = namespace.config.default_ttl
        return now + default if default and namespace.config.ttl else 0
    if ttl > MAX_TTL:
        raise Refusal(ResultCode.INVALID_REQUEST, f"TTL of {ttl} seconds")
    if not namespace.config.ttl:
        raise Refusal(ResultCode.FORBIDDEN, "TTL in a namespace that expires nothing")
    return now + ttl


def save(
    namespace: Namespace, record: StoredRecord, bins: Bins, void_time: int, now: int, *, key: bytes | None = None
) -> None:
    """Store a record's new bins: one generation more.

    Args:
        namespace: where.
        record: the record, stored already or new with generation 0.
        bins: what it holds from now on; not empty.
        void_time: seconds since 2010, 0 for never.
        now: milliseconds since 2010.
        key: the user key, if the request sent it; once stored, it stays.

    Raises:
        Refusal: 13, the record would become too large.
    """
    if record_size(record, bins) > namespace.config.max_record_size:
        raise Refusal(ResultCode.RECORD_TOO_BIG, "record larger than the namespace allows")
    record.bins = bins
    touch(record, void_time, now)
    if key is not None:
        record.key = key
    namespace.records[record.digest] = record


def touch(record: StoredRecord, void_time: int, now: int) -> None:
    """Count a change of the record.

    Args:
        record: changed in place.
        void_time: seconds since 2010, 0 for never.
        now: milliseconds since 2010.
    """
    record.generation = record.generation + 1 if record.generation < MAX_GENERATION else 1
    record.void_time = void_time
    record.last_update = now
    record.version = new_version()
