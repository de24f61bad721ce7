"""What users and roles are made of: the values that the ``admin_*`` calls take and give."""

from __future__ import annotations

import enum
from typing import NotRequired, TypedDict


class PrivilegeCode(enum.IntEnum):
    """What a role may allow, by its number on the wire (protocol section 8.3)."""

    USER_ADMIN = 0
    """Manage users and roles."""
    SYS_ADMIN = 1
    """Change settings of the server, see its state."""
    DATA_ADMIN = 2
    """Manage indexes, UDF modules and running queries, truncate sets."""
    UDF_ADMIN = 3
    SINDEX_ADMIN = 4
    READ = 10
    READ_WRITE = 11
    READ_WRITE_UDF = 12
    WRITE = 13
    TRUNCATE = 14
    MASKING_ADMIN = 15
    """Say which bins are masked, and how; servers from 8.1.1 on have this and the next two."""
    READ_MASKED = 16
    """Read masked bins as they are."""
    WRITE_MASKED = 17
    """Write masked bins."""

    @property
    def label(self) -> str:
        """The name that people use, which is also the name of the predefined role."""
        return self.name.lower().replace("_", "-")

    @property
    def scoped(self) -> bool:
        """True if it may be limited to a namespace, or to a set of one."""
        return self >= PrivilegeCode.READ


class GivenPrivilege(TypedDict):
    """A privilege as callers give it."""

    code: int | str
    """A PrivilegeCode, its number, or its name: ``10``, ``"read"``."""
    ns: NotRequired[str]
    """The namespace it is limited to; empty or absent for all."""
    set: NotRequired[str]
    """The set it is limited to; empty or absent for all."""


class Privilege(TypedDict):
    """A privilege as a server tells it."""

    code: int
    """A PrivilegeCode, or the number of one that this version does not know."""
    ns: str
    """The namespace it is limited to, empty for all."""
    set: str
    """The set it is limited to, empty for all."""


class RoleInfo(TypedDict):
    """What a role allows its users."""

    privileges: list[Privilege]
    whitelist: list[str]
    """Addresses and networks that its users may come from; empty for any."""
    read_quota: int
    """Records per second, 0 for no limit."""
    write_quota: int
    """Records per second, 0 for no limit."""


class UserInfo(TypedDict):
    """A user as a server knows it."""

    roles: list[str]
    read_info: list[int]
    """Quota in records per second, single-record reads per second, records per second of
    queries with a limit, number of queries without one. Empty if the server does not tell, as of
    users that have no quota and were never there; newer servers may add numbers."""
    write_info: list[int]
    """The same for writes."""
    conns_in_use: int
    """Open connections of the user."""
