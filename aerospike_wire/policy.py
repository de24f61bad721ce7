"""Policies: how a command is carried out. Names and defaults are the official client's.

A policy is given as an object of one of these classes or as a dict with the same names;
both are checked when they are first seen, and an unknown name is an error. Times are
milliseconds; 0 means "no limit" where nothing else is said.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self, TypeVar

import attrs

from aerospike_wire.arguments import whole_number
from aerospike_wire.errors import ParamError
from aerospike_wire.partition_filter import PartitionFilter
from aerospike_wire.transaction.state import Transaction

if TYPE_CHECKING:
    from collections.abc import Callable

    from aerospike_wire.serializer import Serializer

P = TypeVar("P", bound="Policy")


class SendKey(enum.IntEnum):
    """Whether the user key travels with the request (``key``)."""

    DIGEST = 0
    """Only the digest is sent."""
    SEND = 1
    """The key is sent too: stored by writes, compared by the server."""


class Exists(enum.IntEnum):
    """What a write does about an existing or missing record (``exists``)."""

    IGNORE = 0
    """Create or update."""
    CREATE = 1
    """Create only."""
    UPDATE = 2
    """Update only."""
    REPLACE = 3
    """Replace all bins of a record that must exist."""
    CREATE_OR_REPLACE = 4
    """Create, or replace all bins."""


class Generation(enum.IntEnum):
    """How the generation given with a write is compared (``gen``)."""

    IGNORE = 0
    EQ = 1
    """The record must have exactly this generation."""
    GT = 2
    """The given generation must be greater than the record's."""


class CommitLevel(enum.IntEnum):
    """When a write counts as done (``commit_level``)."""

    ALL = 0
    """When all replicas have it."""
    MASTER = 1
    """When the master has it."""


class Replica(enum.IntEnum):
    """Which node of a partition is asked (``replica``)."""

    MASTER = 0
    ANY = 1
    SEQUENCE = 2
    """The master first, the next replica on each retry."""
    PREFER_RACK = 3
    RANDOM = 4


class ReadModeAP(enum.IntEnum):
    """Duplicates consulted in available namespaces while partitions move (``read_mode_ap``)."""

    ONE = 0
    ALL = 1


class ReadModeSC(enum.IntEnum):
    """Consistency of reads in strongly consistent namespaces (``read_mode_sc``)."""

    SESSION = 0
    LINEARIZE = 1
    ALLOW_REPLICA = 2
    ALLOW_UNAVAILABLE = 3


class ErrorDetail(enum.IntEnum):
    """What a server newer than 8.1.2 is asked to say about errors (``error_detail_verbosity``)."""

    NONE = 0
    SUBCODE = 1
    MESSAGE = 2
    EXPRESSION_TRACE = 3


class QueryDuration(enum.IntEnum):
    """How long a query will take (``expected_duration``), which decides how servers run it."""

    LONG = 0
    """Longer than 100 records or so: monitored, throttled, without a limit of time."""
    SHORT = 1
    """A few records: run at once, at most for ``total_timeout`` or 1 second."""
    LONG_RELAX_AP = 2
    """Long, and content with partitions that are moving; servers 7.1 and newer, available namespaces."""


TTL_NAMESPACE_DEFAULT: Final = 0
TTL_NEVER_EXPIRE: Final = 0xFFFF_FFFF
TTL_DONT_UPDATE: Final = 0xFFFF_FFFE
TTL_CLIENT_DEFAULT: Final = 0xFFFF_FFFD
"""In ``meta``: use the ttl of the policy."""


_KIND: Final = "policy "
"""What stands before a policy's name in errors."""


def _refuse(name: str, problem: str) -> ParamError:
    return ParamError.about(name, problem, _KIND)


def _milliseconds(_: Any, attribute: attrs.Attribute[int], value: Any) -> None:
    whole_number(attribute.name, value, 0, 0x7FFF_FFFF, _KIND)


def _between(low: int, high: int) -> Callable[[Any, attrs.Attribute[int], Any], None]:
    def check(_: Any, attribute: attrs.Attribute[int], value: Any) -> None:
        whole_number(attribute.name, value, low, high, _KIND)

    return check


def _real(low: float, high: float) -> Callable[[Any, attrs.Attribute[float], Any], None]:
    def check(_: Any, attribute: attrs.Attribute[float], value: Any) -> None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise _refuse(attribute.name, f"must be a number, not {type(value).__name__}")
        if not low <= value <= high:
            raise _refuse(attribute.name, f"must be between {low:g} and {high:g}, not {value:g}")

    return check


def _flag(_: Any, attribute: attrs.Attribute[bool], value: Any) -> None:
    if not isinstance(value, bool):
        raise _refuse(attribute.name, f"must be True or False, not {value!r}")


E = TypeVar("E", bound=enum.IntEnum)


def _choice(kind: type[E], default: E) -> Any:
    """A field that takes the enum's members or their numbers."""

    def convert(value: Any, _: Any, field: Any) -> E:
        try:
            if isinstance(value, bool):
                raise ValueError
            return kind(value)
        except ValueError:
            allowed = ", ".join(f"{member.value} ({member.name})" for member in kind)
            raise _refuse(field.name, f"must be one of {allowed}, not {value!r}") from None

    return attrs.field(default=default, converter=attrs.Converter(convert, takes_self=True, takes_field=True))


def _transaction(_: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    if value is not None and not isinstance(value, Transaction):
        raise _refuse(attribute.name, f"must be a Transaction or None, not {type(value).__name__}")


def _filter(value: Any) -> bytes | None:
    """The bytes of a filter: of an expression, or as they are given."""
    if value is None or isinstance(value, bytes):
        return value
    found = getattr(value, "compiled", None)
    if not isinstance(found, bytes):
        raise _refuse("expressions", f"must be an expression or a compiled one, not {type(value).__name__}")
    return found


def _partition_filter(value: Any) -> PartitionFilter | None:
    return None if value is None else PartitionFilter.of(value)


_LIMIT: Final = 0x7FFF_FFFF
_COMPRESS_ABOVE: Final = 128
"""Bytes above which ``compress`` alone compresses requests, as in the official client."""


@attrs.frozen
class Timing:
    """A policy's limits in seconds, as the transports want them; None for no limit."""

    silence: float | None
    total: float | None
    drain: float


@attrs.frozen(kw_only=True, cache_hash=True)
class Policy:
    """What every command has in common."""

    txn: ClassVar[Transaction | None] = None
    """Commands on records have it as a field; no other can be part of a transaction."""

    socket_timeout: int = attrs.field(default=30_000, validator=_milliseconds)
    """Longest silence of the connection while an answer is due; 0 for no limit."""
    total_timeout: int = attrs.field(default=1_000, validator=_milliseconds)
    """Longest time for the whole call, retries included; 0 for no limit."""
    max_retries: int = attrs.field(default=2, validator=_between(0, _LIMIT))
    """Further tries after the first, for failures that a retry can mend."""
    sleep_between_retries: int = attrs.field(default=0, validator=_milliseconds)
    """Pause before each retry; before the first only if that goes to the same node again."""
    sleep_multiplier: float = attrs.field(default=1.0, validator=_real(1.0, 100.0))
    """What each further pause of a call is longer than the one before; 1.0 for pauses of one length."""
    sleep_jitter: float = attrs.field(default=0.0, validator=_real(0.0, 1.0))
    """Share of each pause that is left to chance: 0.5 for something between half of it and all."""
    timeout_delay: int = attrs.field(default=3_000, validator=_milliseconds)
    """How long a connection may take to deliver the answer to a call that has timed out."""
    timing: Timing = attrs.field(init=False, repr=False, eq=False)
    compress_above: int = attrs.field(init=False, repr=False, eq=False)
    """Bytes above which a request is compressed; 0 for never."""

    def __attrs_post_init__(self) -> None:
        silence = self.socket_timeout / 1000 if self.socket_timeout else None
        total = self.total_timeout / 1000 if self.total_timeout else None
        object.__setattr__(self, "timing", Timing(silence, total, self.timeout_delay / 1000))
        above = getattr(self, "compression_threshold", 0)
        if not above and getattr(self, "compress", False):
            above = _COMPRESS_ABOVE
        object.__setattr__(self, "compress_above", above)

    @classmethod
    def of(cls, given: Self | Mapping[str, Any] | None, base: Self | None = None) -> Self:
        """The policy that a caller gave, on top of the client's default.

        Args:
            given: an object of this class, a dict with its names, or None.
            base: what a dict changes; by default the class's own defaults.

        Raises:
            ParamError: a name is unknown, a value out of range, or the type is wrong.
        """
        if given is None:
            return base if base is not None else cls()
        if isinstance(given, cls):
            return given
        if not isinstance(given, Mapping):
            msg = f"must be a {cls.__name__} or a dict, not {type(given).__name__}"
            raise _refuse("policy", msg)
        names = _names(cls)
        given = _without_idle(given, names)
        if "timeout" in given and issubclass(cls, InfoPolicy | AdminPolicy):
            # The one policy that the official client has for these commands.
            given = {"total_timeout" if name == "timeout" else name: value for name, value in given.items()}
        for name in given:
            if name not in names:
                raise _refuse(str(name), f"is not known; {cls.__name__} has {', '.join(sorted(names))}")
        if base is None:
            return cls(**given)
        return attrs.evolve(base, **given)


_IDLE: Final[dict[str, Any]] = {
    "concurrent": False,
    "connect_timeout": 0,
    "deserialize": True,
    "on_locking_only": False,
    "send_set_name": True,
    "txn": None,
}
"""Official names that this version has nothing to do for, and the values under which that is no matter."""


def _without_idle(given: Mapping[str, Any], names: frozenset[str]) -> Mapping[str, Any]:
    """The policy without official names that change nothing; one that would is refused."""
    idle = [name for name in given if name in _IDLE and name not in names]
    if not idle:
        return given
    for name in idle:
        if name == "txn" and given[name] is not None:
            problem = "is not for this kind of command: only those on records and batches can be part of a transaction"
            raise _refuse(name, problem)
        if given[name] != _IDLE[name]:
            raise _refuse(name, f"can only be {_IDLE[name]!r} in this version, not {given[name]!r}")
    return {name: value for name, value in given.items() if name not in idle}


_names_of: Final[dict[type[Policy], frozenset[str]]] = {}


def _names(cls: type[Policy]) -> frozenset[str]:
    found = _names_of.get(cls)
    if found is None:
        found = _names_of[cls] = frozenset(field.name for field in attrs.fields(cls) if field.init)
    return found


@attrs.frozen(kw_only=True, cache_hash=True)
class RecordPolicy(Policy):
    """What the commands on records have in common."""

    txn: Transaction | None = attrs.field(default=None, validator=_transaction, eq=False, repr=False)  # type: ignore[misc]
    """The transaction that the command is part of; given call by call."""
    key: SendKey = _choice(SendKey, SendKey.DIGEST)
    replica: Replica = _choice(Replica, Replica.SEQUENCE)
    expressions: bytes | None = attrs.field(default=None, converter=_filter, repr=False)
    """Filter: the command is carried out only if it is true for the record."""
    error_detail_verbosity: ErrorDetail = _choice(ErrorDetail, ErrorDetail.MESSAGE)
    compress: bool = attrs.field(default=False, validator=_flag)
    """Compress requests above 128 bytes, and let the server compress what reads give; Enterprise servers only."""


@attrs.frozen(kw_only=True, cache_hash=True)
class ReadPolicy(RecordPolicy):
    """get, select, exists."""

    read_mode_ap: ReadModeAP = _choice(ReadModeAP, ReadModeAP.ONE)
    read_mode_sc: ReadModeSC = _choice(ReadModeSC, ReadModeSC.SESSION)
    read_touch_ttl_percent: int = attrs.field(default=0, validator=_between(-1, 100))
    """Renew the record's TTL if less than this percentage of it is left; 0 as the server says, -1 never."""


@attrs.frozen(kw_only=True, cache_hash=True)
class WritePolicy(RecordPolicy):
    """put, append, prepend, increment, remove_bin, touch."""

    max_retries: int = attrs.field(default=0, validator=_between(0, _LIMIT))
    gen: Generation = _choice(Generation, Generation.IGNORE)
    exists: Exists = _choice(Exists, Exists.IGNORE)
    commit_level: CommitLevel = _choice(CommitLevel, CommitLevel.ALL)
    durable_delete: bool = attrs.field(default=False, validator=_flag)
    on_locking_only: bool = attrs.field(default=False, validator=_flag)
    """In a transaction: fail with TransactionAlreadyLocked if the transaction has written the record before."""
    ttl: int = attrs.field(default=TTL_NAMESPACE_DEFAULT, validator=_between(-2, 0xFFFF_FFFF))
    """Seconds for records whose ``meta`` has no ttl; 0 as the namespace says, -1 never expire, -2 unchanged."""
    compression_threshold: int = attrs.field(default=0, validator=_between(0, _LIMIT))
    """Compress requests above this many bytes; 0 for what ``compress`` says."""


@attrs.frozen(kw_only=True, cache_hash=True)
class OperatePolicy(WritePolicy):
    """operate."""

    read_mode_ap: ReadModeAP = _choice(ReadModeAP, ReadModeAP.ONE)
    read_mode_sc: ReadModeSC = _choice(ReadModeSC, ReadModeSC.SESSION)
    read_touch_ttl_percent: int = attrs.field(default=0, validator=_between(-1, 100))


@attrs.frozen(kw_only=True, cache_hash=True)
class RemovePolicy(RecordPolicy):
    """remove."""

    max_retries: int = attrs.field(default=0, validator=_between(0, _LIMIT))
    gen: Generation = _choice(Generation, Generation.IGNORE)
    generation: int = attrs.field(default=0, validator=_between(0, 0xFFFF_FFFF))
    """The generation to compare with, unless ``meta`` has one."""
    commit_level: CommitLevel = _choice(CommitLevel, CommitLevel.ALL)
    durable_delete: bool = attrs.field(default=False, validator=_flag)


@attrs.frozen(kw_only=True, cache_hash=True)
class ApplyPolicy(RecordPolicy):
    """apply: a Lua function on one record."""

    max_retries: int = attrs.field(default=0, validator=_between(0, _LIMIT))
    commit_level: CommitLevel = _choice(CommitLevel, CommitLevel.ALL)
    durable_delete: bool = attrs.field(default=False, validator=_flag)
    on_locking_only: bool = attrs.field(default=False, validator=_flag)
    """In a transaction: fail with TransactionAlreadyLocked if the transaction has written the record before."""
    ttl: int = attrs.field(default=TTL_NAMESPACE_DEFAULT, validator=_between(-2, 0xFFFF_FFFF))


@attrs.frozen(kw_only=True, cache_hash=True)
class BatchPolicy(RecordPolicy):
    """batch_read."""

    read_mode_ap: ReadModeAP = _choice(ReadModeAP, ReadModeAP.ONE)
    read_mode_sc: ReadModeSC = _choice(ReadModeSC, ReadModeSC.SESSION)
    read_touch_ttl_percent: int = attrs.field(default=0, validator=_between(-1, 100))
    allow_inline: bool = attrs.field(default=True, validator=_flag)
    """Let the server run rows on the receiving thread when the namespace is in memory."""
    allow_inline_ssd: bool = attrs.field(default=False, validator=_flag)
    respond_all_keys: bool = attrs.field(default=True, validator=_flag)
    """Let the server go on with the other rows when one fails."""


@attrs.frozen(kw_only=True, cache_hash=True)
class TxnVerifyPolicy(BatchPolicy):
    """How a commit looks whether the records that were read are unchanged."""

    socket_timeout: int = attrs.field(default=3_000, validator=_milliseconds)
    total_timeout: int = attrs.field(default=10_000, validator=_milliseconds)
    max_retries: int = attrs.field(default=5, validator=_between(0, _LIMIT))
    sleep_between_retries: int = attrs.field(default=1_000, validator=_milliseconds)
    replica: Replica = _choice(Replica, Replica.MASTER)
    read_mode_sc: ReadModeSC = _choice(ReadModeSC, ReadModeSC.LINEARIZE)


@attrs.frozen(kw_only=True, cache_hash=True)
class TxnRollPolicy(BatchPolicy):
    """How a commit or abort is recorded, rolled over the records that were written, and closed."""

    socket_timeout: int = attrs.field(default=3_000, validator=_milliseconds)
    total_timeout: int = attrs.field(default=10_000, validator=_milliseconds)
    max_retries: int = attrs.field(default=5, validator=_between(0, _LIMIT))
    sleep_between_retries: int = attrs.field(default=1_000, validator=_milliseconds)
    replica: Replica = _choice(Replica, Replica.MASTER)


@attrs.frozen(kw_only=True, cache_hash=True)
class QueryPolicy(Policy):
    """query and scan."""

    total_timeout: int = attrs.field(default=0, validator=_milliseconds)
    max_retries: int = attrs.field(default=5, validator=_between(0, _LIMIT))
    replica: Replica = _choice(Replica, Replica.SEQUENCE)
    expressions: bytes | None = attrs.field(default=None, converter=_filter, repr=False)
    max_records: int = attrs.field(default=0, validator=_between(0, 0x7FFF_FFFF_FFFF_FFFF))
    """Stop after about this many records; 0 for all."""
    records_per_second: int = attrs.field(default=0, validator=_between(0, 0xFFFF_FFFF))
    """Limit for each node; 0 for none."""
    compress: bool = attrs.field(default=False, validator=_flag)
    """Let the server compress the records; Enterprise servers only."""
    error_detail_verbosity: ErrorDetail = _choice(ErrorDetail, ErrorDetail.MESSAGE)
    read_mode_ap: ReadModeAP = _choice(ReadModeAP, ReadModeAP.ONE)
    """Taken, as the official client does, and without effect on queries."""
    read_mode_sc: ReadModeSC = _choice(ReadModeSC, ReadModeSC.SESSION)
    """Which replicas of strongly consistent namespaces may be asked."""
    read_touch_ttl_percent: int = attrs.field(default=0, validator=_between(-1, 100))
    """Taken, as the official client does, and without effect: queries do not renew records."""
    expected_duration: QueryDuration = _choice(QueryDuration, QueryDuration.LONG)
    short_query: bool = attrs.field(default=False, validator=_flag)
    """The older name of ``expected_duration`` SHORT."""
    partition_filter: PartitionFilter | None = attrs.field(default=None, converter=_partition_filter)
    """Which partitions to visit; None for all. A PartitionFilter, or a dict in the official client's form."""


@attrs.frozen(kw_only=True, cache_hash=True)
class ScanPolicy(QueryPolicy):
    """scan, and what a scan does in the background."""

    durable_delete: bool = attrs.field(default=False, validator=_flag)
    ttl: int = attrs.field(default=TTL_NAMESPACE_DEFAULT, validator=_between(-2, 0xFFFF_FFFF))
    """Seconds for records that a scan in the background writes."""


@attrs.frozen(kw_only=True, cache_hash=True)
class InfoPolicy(Policy):
    """Info commands, and what is one on the wire: indexes, UDF modules, truncate.

    A dict may say ``timeout`` for ``total_timeout``, as with the official client.
    """

    max_retries: int = attrs.field(default=0, validator=_between(0, _LIMIT))


@attrs.frozen(kw_only=True, cache_hash=True)
class AdminPolicy(Policy):
    """Users and roles.

    A dict may say ``timeout`` for ``total_timeout``, as with the official client.
    """

    max_retries: int = attrs.field(default=0, validator=_between(0, _LIMIT))


_SECTIONS: Final[dict[str, type[Policy]]] = {
    "read": ReadPolicy,
    "write": WritePolicy,
    "operate": OperatePolicy,
    "remove": RemovePolicy,
    "apply": ApplyPolicy,
    "batch": BatchPolicy,
    "txn_verify": TxnVerifyPolicy,
    "txn_roll": TxnRollPolicy,
    "query": QueryPolicy,
    "scan": ScanPolicy,
    "info": InfoPolicy,
    "admin": AdminPolicy,
}


_DEFAULTS: Final = {section: cls() for section, cls in _SECTIONS.items()}
"""Policies do not change, so all clients share them."""

_OF_TRANSACTIONS: Final = frozenset({"txn_verify", "txn_roll"})
"""Kinds that what is given for all kinds does not hold for: they have to outlast a short failure."""


_MAX_RESOLVED: Final = 256


class Policies:
    """What a client's commands go by: default policies, one for each kind of command, and the serializer.

    Args:
        given: ``{"read": {...} or ReadPolicy, "write": ..., ...}``. Names that are not a
            kind of command, such as ``total_timeout``, hold for every kind that knows
            them.
        serializer: of the client's values, if it has one.

    Raises:
        ParamError: a kind or a name is unknown, or a value out of range.
    """

    __slots__ = ("_by_name", "_resolved", "defaults", "serializer")

    def __init__(self, given: Mapping[str, Any] | None = None, serializer: Serializer | None = None) -> None:
        self.serializer = serializer
        if given is not None and not isinstance(given, Mapping):
            raise _refuse("policies", f"must be a dict, not {type(given).__name__}")
        shared: dict[str, Any] = {}
        for name, value in (given or {}).items():
            if name in _SECTIONS:
                continue
            if name in _IDLE:
                _without_idle({name: value}, frozenset())
                continue
            if not any(name in _names(cls) for cls in _SECTIONS.values()):
                raise _refuse(str(name), f"is not known; kinds of commands are {', '.join(_SECTIONS)}")
            shared[name] = value
        self._by_name: dict[str, Policy] = {}
        for section, cls in _SECTIONS.items():
            base: Policy = _DEFAULTS[section]
            if shared and section not in _OF_TRANSACTIONS:
                base = cls.of({name: value for name, value in shared.items() if name in _names(cls)})
            self._by_name[section] = cls.of((given or {}).get(section), base)
            if self._by_name[section].txn is not None:
                raise _refuse("txn", f"is given call by call and cannot be a default of {section}")
        self.defaults: dict[type[Policy], Any] = {
            cls: self._by_name[section] for section, cls in reversed(_SECTIONS.items())
        }
        """By class; what :meth:`resolve` gives where nothing is given."""
        self._resolved: dict[Any, Any] = {}
        """Policies made of dicts. Programs write the same few in many calls, and making one costs as much as a call."""

    def named(self, section: str) -> Any:
        """The default policy of a kind of command."""
        return self._by_name[section]

    def resolve(self, cls: type[P], given: P | Mapping[str, Any] | None) -> P:
        """The policy for a call: what the caller gave, on top of the default.

        Raises:
            ParamError: as for :meth:`Policy.of`.
        """
        base: P = self.defaults[cls]
        if given is None:
            return base
        if type(given) is not dict:
            return cls.of(given, base)
        # Types belong to the key, since 1, True and 1.0 are equal.
        key = (cls, tuple(given.items()), tuple(map(type, given.values())))
        try:
            found: P | None = self._resolved.get(key)
        except TypeError:  # of a value that cannot be hashed
            return cls.of(given, base)
        if found is None:
            found = cls.of(given, base)
            if all(isinstance(value, int | float | str | bytes) for value in given.values()):  # nothing alive
                if len(self._resolved) >= _MAX_RESOLVED:
                    self._resolved.clear()
                self._resolved[key] = found
        return found
