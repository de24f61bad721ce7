"""Commands on records of a strongly consistent namespace, inside and outside transactions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from aerospike_wire.embedded import records
from aerospike_wire.embedded.refusal import Refusal
from aerospike_wire.embedded.store import Namespace
from aerospike_wire.embedded.transactions.ledger import MAX_DURATION, Ledger, Monitor
from aerospike_wire.errors import ProtocolError
from aerospike_wire.errors.codes import ResultCode
from aerospike_wire.proto import keys, msgpack
from aerospike_wire.proto.fields import Field
from aerospike_wire.proto.header import MESSAGE_HEADER_SIZE, Info2, Info4
from aerospike_wire.proto.message import OpCode
from aerospike_wire.proto.transaction import MONITOR_SET, VERSION_SIZE, deadline_field, version_field
from aerospike_wire.proto.values import Particle

if TYPE_CHECKING:
    from collections.abc import Callable

    from aerospike_wire.embedded.node import Node
    from aerospike_wire.embedded.store import StoredRecord
    from aerospike_wire.proto.message import Message, Op

    Plain = Callable[[Namespace], bytes]
    """Carries the command out on the namespace that it gets; the body of the reply."""

_MONITOR_SET: Final = MONITOR_SET.encode()
_ID_BIN: Final = b"id"
_KEYS_BIN: Final = b"keyds"
_FORWARD_BIN: Final = b"fwd"
_ID_SIZE: Final = 8
_DEADLINE_SIZE: Final = 4
_RESULT_AT: Final = 5
_COUNT_AT: Final = 18


def handle(node: Node, namespace: Namespace, ledger: Ledger, digest: bytes, message: Message, plain: Plain) -> bytes:
    """Answer a command on one record.

    Args:
        node: the node.
        namespace: the record's, strongly consistent.
        ledger: its transactions.
        digest: the record's.
        message: the request, or a row of a batch.
        plain: carries the command out as if there were no transactions.

    Returns:
        The body of the reply.
    """
    now = node.clock.seconds()
    info4 = message.header.info4
    try:
        if message.fields.get(Field.SET) == _MONITOR_SET:
            return _Monitoring(namespace, ledger, digest, message, now).answer(plain)
        if info4 & Info4.MRT_VERIFY_READ:
            return _verify(namespace, ledger, digest, message, now)
        if info4 & (Info4.MRT_ROLL_FORWARD | Info4.MRT_ROLL_BACK):
            return _roll(namespace, ledger, digest, message)
        if Field.MRT_ID in message.fields:
            return _inside(namespace, ledger, digest, message, now, plain)
        if message.header.info2 & Info2.WRITE and digest in ledger.provisional:
            raise Refusal(ResultCode.TRANSACTION_BLOCKED, "a transaction holds the record")
        return plain(namespace)
    except Refusal as refusal:
        return records.reply(refusal.code, namespace.find(digest, now))


def expire(node: Node) -> None:
    """End the transactions whose deadline has passed, in all namespaces."""
    now = node.clock.seconds()
    for namespace in node.namespaces.values():
        if namespace.ledger is not None:
            namespace.ledger.expire(now)


def _number(message: Message, kind: Field, size: int) -> int | None:
    """The number in a field, None if there is no such field.

    Raises:
        Refusal: 4, it is of another size.
    """
    data = message.fields.get(kind)
    if data is None:
        return None
    if len(data) != size:
        raise Refusal(ResultCode.INVALID_REQUEST, f"field {kind.name} of {len(data)} bytes, not {size}")
    return int.from_bytes(data, "little")


def _transaction_of(message: Message) -> int:
    found = _number(message, Field.MRT_ID, _ID_SIZE)
    if not found:
        raise Refusal(ResultCode.INVALID_REQUEST, "no transaction, or transaction 0")
    return found


def version_of(record: StoredRecord | None) -> int:
    """The version by which a record is told from what it was before; 0 if there is none."""
    return 0 if record is None else record.version


def _with_field(body: bytes, packed: bytes) -> bytes:
    """A reply with one more field."""
    count = int.from_bytes(body[_COUNT_AT : _COUNT_AT + 2], "big") + 1
    head = body[:_COUNT_AT] + count.to_bytes(2, "big") + body[_COUNT_AT + 2 : MESSAGE_HEADER_SIZE]
    return head + packed + body[MESSAGE_HEADER_SIZE:]


# Records


def _inside(namespace: Namespace, ledger: Ledger, digest: bytes, message: Message, now: int, plain: Plain) -> bytes:
    """A read or write of a transaction."""
    transaction = _transaction_of(message)
    write = bool(message.header.info2 & Info2.WRITE)
    version = _number(message, Field.RECORD_VERSION, VERSION_SIZE)
    deadline = _number(message, Field.MRT_DEADLINE, _DEADLINE_SIZE)
    if write and ledger.disabled:
        raise Refusal(ResultCode.FORBIDDEN, "transactions may not write")
    monitor = ledger.monitor(transaction)
    if monitor is not None and monitor.forward:
        raise Refusal(ResultCode.TRANSACTION_COMMITTED, "the transaction is committed")
    if deadline and deadline <= now:
        raise Refusal(ResultCode.TRANSACTION_EXPIRED, "the transaction's deadline has passed")
    if write and monitor is None:
        raise Refusal(ResultCode.TRANSACTION_EXPIRED, "the transaction has no monitor record")
    held = ledger.provisional.get(digest)
    committed = namespace.find(digest, now)
    if held is not None and held.transaction != transaction:
        raise Refusal(ResultCode.TRANSACTION_BLOCKED, "another transaction holds the record")
    if held is not None:
        before = held.record
        if write and message.header.info4 & Info4.MRT_ON_LOCKING_ONLY:
            raise Refusal(ResultCode.TRANSACTION_ALREADY_LOCKED, "the transaction holds the record already")
    else:
        before = committed
        if version is not None and version != version_of(committed):
            raise Refusal(ResultCode.TRANSACTION_VERSION_MISMATCH, "the record has changed since it was read")
    view = Namespace(namespace.config, enterprise=namespace.enterprise)
    if before is not None:
        view.put(digest, attrs.evolve(before))
    body = plain(view)
    after = view.find(digest, now)
    if write and version_of(after) != version_of(before):
        assert monitor is not None
        ledger.hold(digest, monitor, namespace, after)
        return body
    return body if held is not None else _with_field(body, version_field(version_of(committed)))


def _verify(namespace: Namespace, ledger: Ledger, digest: bytes, message: Message, now: int) -> bytes:
    """Whether a record is as it was when a transaction read it."""
    version = _number(message, Field.RECORD_VERSION, VERSION_SIZE)
    record = namespace.find(digest, now)
    if version is None:
        raise Refusal(ResultCode.INVALID_REQUEST, "nothing to compare with")
    if digest in ledger.provisional:
        raise Refusal(ResultCode.TRANSACTION_BLOCKED, "another transaction holds the record")
    if version != version_of(record):
        raise Refusal(ResultCode.TRANSACTION_VERSION_MISMATCH, "the record has changed since it was read")
    return records.reply(0, record)


def _roll(namespace: Namespace, ledger: Ledger, digest: bytes, message: Message) -> bytes:
    """Make the version that a transaction wrote final, or forget it. What it does not hold is left as it is."""
    transaction = _transaction_of(message)
    forward = bool(message.header.info4 & Info4.MRT_ROLL_FORWARD)
    held = ledger.provisional.get(digest)
    if held is None or held.transaction != transaction:
        return records.reply()
    monitor = ledger.monitor(transaction)
    decided = monitor is not None and monitor.forward
    if forward and not decided:
        raise Refusal(ResultCode.INVALID_REQUEST, "a transaction that is not committed is rolled forward")
    if decided and not forward:
        raise Refusal(ResultCode.TRANSACTION_COMMITTED, "a committed transaction is rolled back")
    ledger.roll(digest, namespace if forward else None)
    return records.reply()


# Monitor records


@attrs.frozen
class _Monitoring:
    """A command on a monitor record."""

    namespace: Namespace
    ledger: Ledger
    digest: bytes
    message: Message
    now: int

    def answer(self, plain: Plain) -> bytes:
        """Carry it out.

        Raises:
            Refusal: the transaction is over, or not begun, or begun already.
        """
        info2 = self.message.header.info2
        if not info2 & Info2.WRITE:
            return plain(self._view())
        monitor = self.ledger.monitors.get(self.digest)
        if info2 & Info2.DELETE:
            if monitor is None:
                raise Refusal(ResultCode.RECORD_NOT_FOUND, "no monitor record")
            self.ledger.end(self.digest)
            return records.reply()
        ops = {op.name: op for op in self.message.ops}
        if monitor is None and self.digest in self.ledger.ended:
            code = (
                ResultCode.TRANSACTION_COMMITTED if self.ledger.ended[self.digest] else ResultCode.TRANSACTION_ABORTED
            )
            raise Refusal(code, "the transaction has ended")
        if monitor is not None and monitor.forward:
            raise Refusal(ResultCode.TRANSACTION_COMMITTED, "the transaction is committed")
        if _FORWARD_BIN in ops:
            return self._mark(monitor, ops[_FORWARD_BIN], plain)
        return self._add_keys(monitor, ops.get(_ID_BIN), plain)

    def _view(self) -> Namespace:
        """A namespace with nothing in it but the monitor record."""
        # The record's own TTL is the duration of the transaction, whatever the namespace takes.
        view = Namespace(attrs.evolve(self.namespace.config, ttl=True), enterprise=self.namespace.enterprise)
        monitor = self.ledger.monitors.get(self.digest)
        if monitor is not None:
            view.put(self.digest, attrs.evolve(monitor.record))
        return view

    def _mark(self, monitor: Monitor | None, op: Op, plain: Plain) -> bytes:
        if monitor is None:
            raise Refusal(ResultCode.TRANSACTION_EXPIRED, "no monitor record")
        if (op.code, op.particle, op.data) != (OpCode.WRITE, Particle.BOOL, b"\x01"):
            raise Refusal(ResultCode.INVALID_REQUEST, "the mark of a commit is a bin that is true")
        body = self._store(monitor, plain)
        if body[_RESULT_AT] == 0:
            monitor.forward = True
        return body

    def _add_keys(self, monitor: Monitor | None, begins: Op | None, plain: Plain) -> bytes:
        if begins is None and monitor is None:
            raise Refusal(ResultCode.TRANSACTION_EXPIRED, "no monitor record")
        if begins is not None and monitor is not None:
            raise Refusal(ResultCode.TRANSACTION_MONITOR_EXISTS, "the transaction has begun already")
        if monitor is not None:
            body = self._store(monitor, plain)
        else:
            assert begins is not None
            number = self._number(begins)
            duration = self.message.header.record_ttl or self.ledger.duration
            if duration > MAX_DURATION:
                raise Refusal(ResultCode.INVALID_REQUEST, f"a transaction of {duration} seconds")
            view = self._view()
            body = plain(view)
            made = view.find(self.digest, self.now)
            if body[_RESULT_AT] or made is None:
                return body
            self._check_size(made)
            monitor = Monitor(number, self.now + duration, made)
            self.ledger.begin(self.digest, monitor)
        return body if body[_RESULT_AT] else _with_field(body, deadline_field(monitor.deadline))

    def _store(self, monitor: Monitor, plain: Plain) -> bytes:
        view = self._view()
        body = plain(view)
        after = view.find(self.digest, self.now)
        if body[_RESULT_AT] == 0 and after is not None:
            self._check_size(after)
            monitor.record = after
        return body

    def _number(self, begins: Op) -> int:
        """The transaction, if the record has the key that belongs to it."""
        if (begins.code, begins.particle, len(begins.data)) != (OpCode.WRITE, Particle.INTEGER, _ID_SIZE):
            raise Refusal(ResultCode.INVALID_REQUEST, "a transaction is numbered by an integer")
        signed = int.from_bytes(begins.data, "big", signed=True)
        key, _ = keys.resolve((self.namespace.name, MONITOR_SET, signed))
        if not signed or key.digest != self.digest:
            raise Refusal(ResultCode.INVALID_REQUEST, "the number of another transaction")
        return signed & 0xFFFF_FFFF_FFFF_FFFF

    def _check_size(self, record: StoredRecord) -> None:
        """A transaction has a limit, and nothing in its list but digests."""
        kind, data = record.bins.get(_KEYS_BIN, (0, b""))
        try:
            found = msgpack.unpack(data) if kind == Particle.LIST else None
        except ProtocolError:
            found = None
        if not isinstance(found, list):
            raise Refusal(ResultCode.INVALID_REQUEST, "no list of digests")
        if len(found) > self.ledger.max_writes:
            raise Refusal(ResultCode.TRANSACTION_TOO_MANY_WRITES, f"{len(found)} records")
