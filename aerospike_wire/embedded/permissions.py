"""What privileges allow, permission by permission, as servers have it."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Final

from aerospike_wire.proto.fields import Field
from aerospike_wire.proto.header import Info1, Info2
from aerospike_wire.users import PrivilegeCode as Privilege

if TYPE_CHECKING:
    from aerospike_wire.proto.message import Message


class Permission(enum.Flag):
    """What a single command needs."""

    READ = enum.auto()
    QUERY = enum.auto()
    WRITE = enum.auto()
    DELETE = enum.auto()
    UDF_APPLY = enum.auto()
    UDF_QUERY = enum.auto()
    OPS_QUERY = enum.auto()
    UDF_ADMIN = enum.auto()
    SINDEX_ADMIN = enum.auto()
    QUERY_ADMIN = enum.auto()
    TRUNCATE = enum.auto()
    EVICT_ADMIN = enum.auto()
    RECORD_INFO = enum.auto()
    MASKING_ADMIN = enum.auto()
    READ_MASKED = enum.auto()
    WRITE_MASKED = enum.auto()
    SET_CONFIG = enum.auto()
    LOGGING_CTRL = enum.auto()
    SERVICE_CTRL = enum.auto()
    XDR_SET_FILTER = enum.auto()
    USER_ADMIN = enum.auto()

    @property
    def label(self) -> str:
        """The name that refusals of info commands have it by."""
        return (self.name or "").lower().replace("_", "-")


_READS: Final = Permission.READ | Permission.QUERY
_WRITES: Final = Permission.WRITE | Permission.DELETE | Permission.OPS_QUERY
_FUNCTIONS: Final = Permission.UDF_APPLY | Permission.UDF_QUERY
GIVEN: Final[dict[Privilege, Permission]] = {
    Privilege.READ: _READS,
    Privilege.WRITE: _WRITES,
    Privilege.READ_WRITE: _READS | _WRITES,
    Privilege.READ_WRITE_UDF: _READS | _WRITES | _FUNCTIONS,
    Privilege.TRUNCATE: Permission.TRUNCATE,
    Privilege.UDF_ADMIN: Permission.UDF_ADMIN,
    Privilege.SINDEX_ADMIN: Permission.SINDEX_ADMIN,
    Privilege.DATA_ADMIN: Permission.UDF_ADMIN
    | Permission.SINDEX_ADMIN
    | Permission.QUERY_ADMIN
    | Permission.TRUNCATE
    | Permission.EVICT_ADMIN
    | Permission.RECORD_INFO,
    Privilege.SYS_ADMIN: Permission.SET_CONFIG
    | Permission.LOGGING_CTRL
    | Permission.SERVICE_CTRL
    | Permission.XDR_SET_FILTER,
    Privilege.USER_ADMIN: Permission.USER_ADMIN,
    Privilege.MASKING_ADMIN: Permission.MASKING_ADMIN,
    Privilege.READ_MASKED: Permission.READ_MASKED,
    Privilege.WRITE_MASKED: Permission.WRITE_MASKED,
}
"""Privilege to what it allows. As the node has no masks, nothing needs the last two."""

INFO: Final = {
    "sindex-create": Permission.SINDEX_ADMIN,
    "sindex-delete": Permission.SINDEX_ADMIN,
    "sindex-exists": Permission.SINDEX_ADMIN,
    "udf-put": Permission.UDF_ADMIN,
    "udf-remove": Permission.UDF_ADMIN,
    "udf-clear-cache": Permission.UDF_ADMIN,
    "truncate": Permission.TRUNCATE,
    "truncate-undo": Permission.TRUNCATE,
    "truncate-namespace": Permission.TRUNCATE,
    "truncate-namespace-undo": Permission.TRUNCATE,
    "query-abort": Permission.QUERY_ADMIN,
    "query-abort-all": Permission.QUERY_ADMIN,
    "eviction-reset": Permission.EVICT_ADMIN,
    "debug-record": Permission.RECORD_INFO,
    "debug-record-meta": Permission.RECORD_INFO,
    "masking": Permission.MASKING_ADMIN,
    "set-config": Permission.SET_CONFIG,
    "config-set": Permission.SET_CONFIG,
    **dict.fromkeys(
        (
            "log-set", "set-log", "log-message", "jem-stats", "dump-cluster", "dump-fabric", "dump-hb", "dump-hlc",
            "dump-migrates", "dump-rw", "dump-skew", "dump-wb-summary",
        ),
        Permission.LOGGING_CTRL,
    ),
    "tip": Permission.SERVICE_CTRL,
    "tip-clear": Permission.SERVICE_CTRL,
    "services-alumni-reset": Permission.SERVICE_CTRL,
    "recluster": Permission.SERVICE_CTRL,
    "quiesce": Permission.SERVICE_CTRL,
    "quiesce-undo": Permission.SERVICE_CTRL,
    "revive": Permission.SERVICE_CTRL,
    "roster-set": Permission.SERVICE_CTRL,
    "xdr-set-filter": Permission.XDR_SET_FILTER,
}  # fmt: skip
"""Info commands that need more than a login."""


def needed(message: Message, *, one: bool) -> Permission:
    """What a data message needs, or one row of a batch.

    Args:
        message: the message.
        one: whether it is about one record; otherwise it is a query.
    """
    header = message.header
    writes = bool(header.info2 & Info2.WRITE)
    if Field.UDF_MODULE in message.fields:
        return Permission.UDF_APPLY if one else Permission.UDF_QUERY
    if not one:
        return Permission.OPS_QUERY if writes else Permission.QUERY
    if not writes:
        return Permission.READ
    change = Permission.DELETE if header.info2 & Info2.DELETE else Permission.WRITE
    return change | Permission.READ if header.info1 & Info1.READ else change
