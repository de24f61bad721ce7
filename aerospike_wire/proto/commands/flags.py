"""What policies and ``meta`` put into the header of a request (protocol sections 2.2 to 2.4)."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from aerospike_wire.policy import (
    TTL_CLIENT_DEFAULT,
    BatchPolicy,
    CommitLevel,
    Exists,
    Generation,
    OperatePolicy,
    ReadModeAP,
    ReadModeSC,
    ReadPolicy,
    RecordPolicy,
    RemovePolicy,
    WritePolicy,
)
from aerospike_wire.proto.header import ERROR_VERBOSITY_SHIFT, Info1, Info2, Info3, Info4
from aerospike_wire.proto.invalid import InvalidArgument

if TYPE_CHECKING:
    from aerospike_wire.proto.commands.base import Features

Meta = Mapping[str, int]


def server_timeout(policy: RecordPolicy) -> int:
    """Milliseconds that the server may take, 0 for its own default.

    The shorter of the two timeouts; but 0 whenever the call may take forever, as the
    official client has it, so that a short silence limit does not end a slow write.
    """
    socket, total = policy.socket_timeout, policy.total_timeout
    return socket if 0 < socket < total else total


@functools.lru_cache(maxsize=512)
def read_flags(policy: ReadPolicy | OperatePolicy | BatchPolicy) -> tuple[int, int]:
    """What a read policy adds to info1 and info3."""
    info1 = Info1.READ_MODE_AP_ALL if policy.read_mode_ap is ReadModeAP.ALL else 0
    info3 = {
        ReadModeSC.SESSION: 0,
        ReadModeSC.LINEARIZE: Info3.SC_READ_TYPE,
        ReadModeSC.ALLOW_REPLICA: Info3.SC_READ_RELAX,
        ReadModeSC.ALLOW_UNAVAILABLE: Info3.SC_READ_TYPE | Info3.SC_READ_RELAX,
    }[policy.read_mode_sc]
    return info1, info3


_EXISTS_FLAGS: Final = {
    Exists.IGNORE: (0, 0),
    Exists.CREATE: (Info2.CREATE_ONLY, 0),
    Exists.UPDATE: (0, Info3.UPDATE_ONLY),
    Exists.REPLACE: (0, Info3.REPLACE_ONLY),
    Exists.CREATE_OR_REPLACE: (0, Info3.CREATE_OR_REPLACE),
}

_GENERATION_FLAGS: Final = {
    Generation.IGNORE: 0,
    Generation.EQ: Info2.GENERATION,
    Generation.GT: Info2.GENERATION_GT,
}


def generation_flags(policy: Generation) -> int:
    """What a generation policy adds to info2."""
    return _GENERATION_FLAGS[policy]


@functools.lru_cache(maxsize=512)
def write_flags(policy: WritePolicy) -> tuple[int, int]:
    """What a write policy adds to info2 and info3."""
    info2, info3 = _EXISTS_FLAGS[policy.exists]
    info2 |= _GENERATION_FLAGS[policy.gen]
    if policy.durable_delete:
        info2 |= Info2.DURABLE_DELETE
    if policy.commit_level is CommitLevel.MASTER:
        info3 |= Info3.COMMIT_LEVEL_MASTER
    return info2, info3


def locking_flag(policy: Any) -> int:
    """What a write policy adds to info4."""
    return Info4.MRT_ON_LOCKING_ONLY if policy.on_locking_only else 0


def info4_of(policy: Any, features: Features) -> int:
    """The error detail that is asked for, of servers that have it."""
    if not features.error_details:
        return 0
    return int(policy.error_detail_verbosity) << ERROR_VERBOSITY_SHIFT


def ttl_of(value: Any, argument: str = "ttl") -> int:
    """A TTL as the header carries it: seconds, 0 default, -1 never expire, -2 unchanged.

    Raises:
        InvalidArgument: it is not an int that fits.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidArgument(argument, f"must be an int, not {type(value).__name__}")
    if not -0x8000_0000 <= value <= 0xFFFF_FFFF:
        raise InvalidArgument(argument, f"must fit in 32 bits, not {value}")
    return value & 0xFFFF_FFFF


def read_meta(meta: Any, policy: WritePolicy | RemovePolicy) -> tuple[int, int]:
    """Generation and TTL of a write, from its ``meta`` and policy.

    Raises:
        InvalidArgument: ``meta`` is not a dict, or has other entries or values.
    """
    ttl = policy.ttl & 0xFFFF_FFFF if isinstance(policy, WritePolicy) else 0
    generation = 0 if isinstance(policy, WritePolicy) else policy.generation
    if meta is not None:
        if not isinstance(meta, Mapping):
            raise InvalidArgument("meta", f"must be a dict or None, not {type(meta).__name__}")
        for name, value in meta.items():
            if name == "gen":
                if isinstance(value, bool) or not isinstance(value, int):
                    raise InvalidArgument("meta gen", f"must be an int, not {type(value).__name__}")
                if not 0 <= value <= 0xFFFF_FFFF:
                    raise InvalidArgument("meta gen", f"must be between 0 and 4294967295, not {value}")
                generation = value
            elif name == "ttl":
                given = ttl_of(value, "meta ttl")
                ttl = ttl if given == TTL_CLIENT_DEFAULT else given
            else:
                raise InvalidArgument("meta", f"has no entry {name!r}; it takes gen and ttl")
    if policy.gen is Generation.IGNORE:
        generation = 0
    return generation, ttl
