"""What is known of a request when it fails: frozen facts, one class per family.

A context is made only when something has failed, from the command that failed. It holds
names and numbers, never bin values, passwords or anything alive (no socket, no client),
so that an error can be logged, pickled and kept.
"""

from __future__ import annotations

import datetime as dt
import enum
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple

import attrs

from aerospike_wire.errors.codes import ResultCode

if TYPE_CHECKING:
    from aerospike_wire.types import Key


class FailedOperation(NamedTuple):
    """An operation of a call that can have given its code: the rows of ``context.operations``."""

    place: int
    """Its place in the list, from 0."""
    name: str
    """Its function: ``list_get``."""
    bin: str | None
    """Its bin, None for the whole record."""


@attrs.frozen
class ErrorContext:
    """The request that failed, as far as every family has it in common.

    Each family adds the facts of its own. Facts that a family does not have read as
    None (``bins``: as an empty tuple), so that a hook need not ask which family it got.
    """

    operation: str
    """The client's method: ``get``, ``put``, ``index_string_create``, ``connect``, ..."""
    policy: Any = None
    """The policy in force, an attrs object of :mod:`aerospike_wire.policy`, or None."""

    family: ClassVar[str] = "client"

    @property
    def namespace(self) -> str | None:
        """The namespace asked for."""
        return None

    @property
    def set(self) -> str | None:
        """The set asked for."""
        return None

    @property
    def key(self) -> Key | None:
        """Key of the record."""
        return None

    @property
    def digest(self) -> bytes | None:
        """The record's digest, 20 bytes."""
        return None

    @property
    def bins(self) -> tuple[str, ...]:
        """Names of the bins in the request."""
        return ()

    @property
    def bin(self) -> str | None:
        """Name of the one bin the request is about."""
        return None

    @property
    def index(self) -> str | None:
        """Name of the secondary index."""
        return None

    @property
    def module(self) -> str | None:
        """The UDF module."""
        return None

    @property
    def function(self) -> str | None:
        """The function in the UDF module."""
        return None

    @property
    def user(self) -> str | None:
        """The user that an admin command is about."""
        return None

    @property
    def role(self) -> str | None:
        """The role that an admin command is about."""
        return None

    @property
    def transaction(self) -> int | None:
        """The number of the transaction that the request is part of."""
        return None

    def narrowed(self, operations: tuple[FailedOperation, ...]) -> ErrorContext:
        """The same request, with the operations that can have given the code, and their bins alone."""
        return self

    def about(self, key: Key | None, bin: str | None) -> ErrorContext:
        """The same request, with the record or the one bin of it that the failure is about."""
        return self

    def target(self) -> str:
        """What the operation was applied to, in a few words; empty if there is nothing to name."""
        return ""

    def describe(self) -> str:
        """Operation and target in one phrase, without any value of a bin."""
        target = self.target()
        text = f"{self.operation} {target}" if target else self.operation
        return text if self.transaction is None else f"{text} in transaction {self.transaction}"

    def progress(self) -> str:
        """How far the request had come, in one phrase; empty for requests that succeed or fail as a whole."""
        return ""

    def redacted(self) -> ErrorContext:
        """The same context with user keys replaced by digests."""
        return self

    def to_dict(self) -> dict[str, Any]:
        """The facts as JSON-ready values, without those that are not set."""
        found: dict[str, Any] = {"family": self.family, "operation": self.operation}
        for name in _SHARED_FACTS:
            value = getattr(self, name)
            if value is not None and value != ():
                found[name] = plain(value)
        for field in attrs.fields(type(self)):
            if field.name not in found and field.name not in _NESTED_FACTS:
                value = getattr(self, field.name)
                if value is not None and value != ():
                    found[field.name] = plain(value)
        if self.policy is not None:
            found["policy"] = plain(self.policy)
        return found


_SHARED_FACTS: Final = (
    "namespace",
    "set",
    "key",
    "digest",
    "bins",
    "bin",
    "index",
    "module",
    "function",
    "user",
    "role",
    "transaction",
)


_NAMED: Final = 3
"""Functions that are named in words; of more only the number is told."""

_NESTED_FACTS: Final = frozenset({"policy", "request", "cursor"})
"""Fields whose own facts are listed, or that come last."""


def key_text(key: Any) -> str:
    """A key as people write it: ``test/users/'u1'``, or its digest if there is no user key."""
    namespace, set_name, user_key, *rest = key
    place = f"{namespace}/{set_name}" if set_name else f"{namespace}"
    if user_key is not None:
        return f"{place}/{user_key!r}"
    if rest and rest[0] is not None:
        return f"{place}/digest {bytes(rest[0]).hex()}"
    return place


def _without_user_key(key: Any) -> Any:
    return key._replace(user_key=None)


class _KeyFacts(ErrorContext):
    """Families whose requests name one record."""

    __slots__ = ()
    key: Key | None

    @property
    def namespace(self) -> str | None:
        return None if self.key is None else self.key.namespace

    @property
    def set(self) -> str | None:
        return None if self.key is None else self.key.set

    @property
    def digest(self) -> bytes | None:
        return None if self.key is None else self.key.digest

    def redacted(self) -> ErrorContext:
        if self.key is None:
            return self
        return attrs.evolve(self, key=_without_user_key(self.key))  # type: ignore[call-arg]


def _by(operations: tuple[FailedOperation, ...]) -> str:
    """The operations in a few words; empty if there are none."""
    names = list(dict.fromkeys(operation.name for operation in operations))
    if not names:
        return ""
    return f"by {' or '.join(names)}" if len(names) <= _NAMED else f"by one of {len(operations)}"


@attrs.frozen(init=False)
class RecordContext(_KeyFacts):
    """A command on one record."""

    key: Key | None = None
    bins: tuple[str, ...] = ()
    """Names of the bins in the request, or of those alone that its failure can be about; never their values."""
    transaction: int | None = None
    operations: tuple[FailedOperation, ...] = ()
    """Of several operations those that can have given the code: one if it is certain, none if it is not theirs."""

    family: ClassVar[str] = "record"

    def __init__(
        self,
        operation: str,
        policy: Any = None,
        key: Key | None = None,
        bins: tuple[str, ...] = (),
        transaction: int | None = None,
        operations: tuple[FailedOperation, ...] = (),
    ) -> None:
        # Every miss of a cache makes one, and object.__setattr__ would look each name up anew.
        _set_operation(self, operation)
        _set_policy(self, policy)
        _set_key(self, key)
        _set_bins(self, bins)
        _set_transaction(self, transaction)
        _set_operations(self, operations)

    @property
    def bin(self) -> str | None:
        return self.bins[0] if len(self.bins) == 1 else None

    def narrowed(self, operations: tuple[FailedOperation, ...]) -> ErrorContext:
        bins = tuple(dict.fromkeys(operation.bin for operation in operations if operation.bin is not None))
        return attrs.evolve(self, bins=bins, operations=operations)

    def about(self, key: Key | None, bin: str | None) -> ErrorContext:
        return self if bin is None else attrs.evolve(self, bins=(bin,))

    def target(self) -> str:
        words = [] if self.key is None else [key_text(self.key)]
        if self.bins:
            words.append(f"bin{'s' if len(self.bins) > 1 else ''} {', '.join(self.bins)}")
        if self.operations:
            words.append(_by(self.operations))
        return " ".join(words)


_set_operation, _set_policy = (vars(ErrorContext)[name].__set__ for name in ("operation", "policy"))
_set_key, _set_bins, _set_transaction, _set_operations = (
    vars(RecordContext)[name].__set__ for name in ("key", "bins", "transaction", "operations")
)


@attrs.frozen
class BatchContext(ErrorContext):
    """A batch as a whole; each row that fails has a RecordContext of its own."""

    keys: tuple[Key, ...] = ()
    bins: tuple[str, ...] = ()
    transaction: int | None = None

    family: ClassVar[str] = "batch"

    @property
    def namespace(self) -> str | None:
        names = {key.namespace for key in self.keys}
        return names.pop() if len(names) == 1 else None

    @property
    def set(self) -> str | None:
        names = {key.set for key in self.keys}
        return names.pop() if len(names) == 1 else None

    def target(self) -> str:
        return f"of {len(self.keys)} keys"

    def redacted(self) -> ErrorContext:
        return attrs.evolve(self, keys=tuple(_without_user_key(key) for key in self.keys))


@attrs.frozen
class QueryContext(ErrorContext):
    """A query or scan."""

    namespace: str | None = None
    set: str | None = None
    index: str | None = None
    """The index asked for by name."""
    bin: str | None = None
    """The bin of the predicate."""
    bins: tuple[str, ...] = ()
    """The bins that were selected."""
    partitions_done: int | None = None
    """Partitions that were read to their end."""
    partitions_left: int | None = None
    """Partitions that were not."""
    records: int | None = None
    """Records that had been given to the caller."""
    module: str | None = None
    """The Lua module of an aggregation or a job."""
    function: str | None = None
    task_id: int | None = None
    """The number of a job in the background."""
    cursor: dict[str, Any] | None = attrs.field(default=None, repr=False)
    """Where to go on; see the query's ``resume``. Not part of :meth:`to_dict`: it holds values of the index."""
    key: Key | None = None
    """The record that could not be read."""
    operations: tuple[FailedOperation, ...] = ()
    """Of the operations for each record those that the server can have refused the query for."""

    family: ClassVar[str] = "query"

    def narrowed(self, operations: tuple[FailedOperation, ...]) -> ErrorContext:
        return attrs.evolve(self, operations=operations)

    @property
    def digest(self) -> bytes | None:
        return None if self.key is None else self.key.digest

    def about(self, key: Key | None, bin: str | None) -> ErrorContext:
        return attrs.evolve(self, key=key, bin=bin, bins=() if bin is None else (bin,))

    def redacted(self) -> ErrorContext:
        return self if self.key is None else attrs.evolve(self, key=_without_user_key(self.key))

    def progress(self) -> str:
        if self.partitions_done is None or self.partitions_left is None:
            return ""
        of_all = f"{self.partitions_done} of {self.partitions_done + self.partitions_left} partitions are done"
        return f"{self.records} records were given, {of_all}; context.cursor is the place to go on"

    def target(self) -> str:
        if self.namespace is None:
            return "" if self.task_id is None else f"job {self.task_id}"
        place = f"{self.namespace}/{self.set}" if self.set else f"{self.namespace}"
        if self.index or self.bin:
            place = f"{place} where {self.bin or f'index {self.index}'}"
        if self.module:
            place = f"{place} with {self.module}.{self.function}"
        return f"{place} {by}" if (by := _by(self.operations)) else place


@attrs.frozen
class IndexContext(ErrorContext):
    """Creation, removal or inspection of a secondary index."""

    namespace: str | None = None
    set: str | None = None
    index: str | None = None
    bin: str | None = None

    family: ClassVar[str] = "index"

    def target(self) -> str:
        on = f" on {self.namespace}/{self.set}" if self.set else f" in {self.namespace}"
        return f"{self.index!r}{on}{f' bin {self.bin}' if self.bin else ''}"


@attrs.frozen
class UDFContext(_KeyFacts):
    """Registration or call of a Lua module."""

    module: str | None = None
    function: str | None = None
    key: Key | None = None
    transaction: int | None = None

    family: ClassVar[str] = "udf"

    def target(self) -> str:
        what = f"{self.module}.{self.function}" if self.function else f"{self.module}"
        return what if self.key is None else f"{what} to {key_text(self.key)}"


@attrs.frozen
class TransactionContext(ErrorContext):
    """The end of a transaction: a commit or an abort."""

    transaction: int | None = None
    namespace: str | None = None
    state: str | None = None
    """How far the transaction is now: ``open``, ``verified``, ``committed``, ``aborted`` or ``commit_failed``."""
    step: str | None = None
    """What failed: ``verify``, ``mark``, ``roll`` or ``close``; None if nothing was sent."""
    status: int | None = None
    """A CommitStatus or an AbortStatus."""
    reads: int = 0
    """How many records it had read."""
    writes: int = 0
    """How many records it had written."""
    keys: tuple[Key, ...] = ()
    """The records that the failed step is about."""

    family: ClassVar[str] = "transaction"

    def target(self) -> str:
        return "" if self.transaction is None else f"of {self.reads} reads and {self.writes} writes"

    def redacted(self) -> ErrorContext:
        return attrs.evolve(self, keys=tuple(_without_user_key(key) for key in self.keys))


@attrs.frozen
class AdminContext(ErrorContext):
    """A command about users and roles, or a login."""

    user: str | None = None
    role: str | None = None
    roles: tuple[str, ...] = ()
    """All roles that were to be given or taken, where there are several."""
    privileges: tuple[str, ...] = ()
    """The privileges that were to be given or taken: ``read test.demo``."""

    family: ClassVar[str] = "admin"

    def target(self) -> str:
        words = []
        if self.user is not None:
            words.append(f"user {self.user!r}")
        if self.role is not None:
            words.append(f"role {self.role!r}")
        elif self.roles:
            words.append(f"roles {', '.join(map(repr, self.roles))}")
        if self.privileges:
            words.append(f"({', '.join(self.privileges)})")
        return " ".join(words)


@attrs.frozen
class InfoContext(ErrorContext):
    """An info request, or a command that is one on the wire, such as truncate."""

    command: str | None = None
    """The info command as sent, cut off if it is long."""
    namespace: str | None = None
    set: str | None = None
    index: str | None = None
    module: str | None = None

    family: ClassVar[str] = "info"

    def target(self) -> str:
        if self.command:
            return repr(self.command)
        if self.namespace is not None:
            return f"{self.namespace}/{self.set}" if self.set else self.namespace
        return ""


def plain(value: Any) -> Any:
    """A value as JSON can carry it; bytes become hex, objects that are none of ours their type's name."""
    if value is None or isinstance(value, bool | str | float):
        return value
    if isinstance(value, ResultCode):
        return value.value
    if isinstance(value, enum.Enum):
        return value.name.lower()
    if isinstance(value, int):
        return value
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    if hasattr(value, "_asdict"):
        return {name: plain(item) for name, item in value._asdict().items() if item is not None}
    if isinstance(value, dict):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if attrs.has(type(value)):
        return {
            field.name: plain(getattr(value, field.name))
            for field in attrs.fields(type(value))
            if field.repr and getattr(value, field.name) is not None
        }
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    return type(value).__name__
