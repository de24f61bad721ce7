"""The exceptions, the result codes behind them, and the middleware that joins the two.

The hierarchy; a code in parentheses, ``*`` where a class has none of its own::

    AerospikeError (*)
     +-- ServerError (1)
     |    +-- RecordError (*)
     |    |    +-- RecordNotFound (2)
     |    |    +-- RecordGenerationError (3)
     |    |    +-- RecordExistsError (5)
     |    |    +-- BinExistsError (6)
     |    |    +-- BinIncompatibleType (12)
     |    |    +-- RecordTooBig (13)
     |    |    +-- RecordBusy (14)
     |    |    +-- BinNotFound (17)
     |    |    +-- RecordKeyMismatch (19)
     |    |    +-- BinNameError (21)
     |    |    +-- InvalidEncoding (29)
     |    |    +-- RecordVersionMismatch (30)
     |    |    +-- XDRKeyBusy (32)
     |    +-- AdminError (*)
     |    |    +-- LDAPError (*)
     |    |    |    +-- LDAPNotConfigured (90)
     |    |    |    +-- LDAPSetupError (91)
     |    |    |    +-- LDAPTLSError (92)
     |    |    |    +-- LDAPAuthenticationError (93)
     |    |    |    +-- LDAPQueryError (94)
     |    |    +-- QueryEnd (50)
     |    |    +-- SecurityNotSupported (51)
     |    |    +-- SecurityNotEnabled (52)
     |    |    +-- SecuritySchemeNotSupported (53)
     |    |    +-- InvalidCommand (54)
     |    |    +-- InvalidField (55)
     |    |    +-- IllegalState (56)
     |    |    +-- InvalidUser (60)
     |    |    +-- UserExistsError (61)
     |    |    +-- InvalidPassword (62)
     |    |    +-- ExpiredPassword (63)
     |    |    +-- ForbiddenPassword (64)
     |    |    +-- InvalidCredential (65)
     |    |    +-- ExpiredSession (66)
     |    |    +-- InvalidRole (70)
     |    |    +-- RoleExistsError (71)
     |    |    +-- InvalidPrivilege (72)
     |    |    +-- InvalidWhitelist (73)
     |    |    +-- QuotasNotEnabled (74)
     |    |    +-- InvalidQuota (75)
     |    |    +-- NotAuthenticated (80)
     |    |    +-- RoleViolation (81)
     |    |    +-- NotWhitelisted (82)
     |    |    +-- QuotaExceeded (83)
     |    +-- TransactionError (*)
     |    |    +-- TransactionBlocked (120)
     |    |    +-- TransactionVersionMismatch (121)
     |    |    +-- TransactionExpired (122)
     |    |    +-- TransactionTooManyWrites (123)
     |    |    +-- TransactionCommitted (124)
     |    |    +-- TransactionAborted (125)
     |    |    +-- TransactionAlreadyLocked (126)
     |    |    +-- TransactionMonitorExists (127)
     |    +-- InvalidRequest (4)
     |    +-- ServerFull (8)
     |    +-- AlwaysForbidden (10)
     |    +-- ClusterError (11)
     |    |    +-- ClusterChangeError (7)
     |    +-- ScanAbortedError (15)
     |    +-- UnsupportedFeature (16)
     |    +-- DeviceOverload (18)
     |    +-- NamespaceNotFound (20)
     |    +-- ForbiddenError (22)
     |    +-- ElementNotFoundError (23)
     |    +-- ElementExistsError (24)
     |    +-- EnterpriseOnly (25)
     |    +-- OpNotApplicable (26)
     |    +-- FilteredOut (27)
     |    +-- LostConflict (28)
     |    +-- Unassigned31 (31)
     |    +-- UDFError (100)
     |    |    +-- UDFNotFound (1301)
     |    |    +-- LuaFileNotFound (1302)
     |    +-- BatchDisabledError (150)
     |    +-- BatchMaxRequestError (151)
     |    +-- BatchQueueFullError (152)
     |    +-- InvalidGeoJSON (160)
     |    +-- IndexError (204)
     |    |    +-- IndexFoundError (200)
     |    |    +-- IndexNotFound (201)
     |    |    +-- IndexOOM (202)
     |    |    +-- IndexNotReadable (203)
     |    |    +-- IndexNameMaxLen (205)
     |    |    +-- IndexNameMaxCount (206)
     |    +-- QueryAbortedError (210)
     |    +-- QueryError (213)
     |         +-- QueryQueueFull (211)
     |         +-- QueryTimeout (212)
     |         +-- QueryNetworkError (214)
     |         +-- QueryDuplicate (215)
     +-- ClientError (-1)
     |    +-- ProtocolError (*)
     |    +-- ParamError (-2)
     |    +-- NoMoreRecords (-3)
     |    +-- InvalidHostError (-4)
     |    +-- ClientAbortError (-5)
     |    +-- AsyncConnectionError (-6)
     |    +-- NoMoreConnectionsError (-7)
     |    +-- InvalidNodeError (-8)
     |    +-- TLSError (-9)
     |    +-- ConnectionError (-10)
     |    +-- AsyncQueueFull (-11)
     |    +-- MaxRetriesExceeded (-12)
     |    +-- UseNormalRetry (-13)
     |    +-- MaxErrorRateExceeded (-14)
     |    +-- NoResponse (-15)
     |    +-- BatchFailed (-16)
     |    +-- TransactionFailed (-17)
     |    +-- TransactionAlreadyCommitted (-18)
     |    +-- TransactionAlreadyAborted (-19)
     |    +-- MetricsConflict (-20)
     |    +-- GRPCError (-21)
     +-- TimeoutError (9)

``TimeoutError`` is also a builtin ``TimeoutError``, ``ConnectionError`` a builtin
``ConnectionError`` and ``ParamError`` a ``ValueError``. ``IndexError`` is about secondary
indexes and unrelated to the builtin. ``InvalidHost`` is another name of
``InvalidHostError``.
"""

from __future__ import annotations

from aerospike_wire.errors.admin import (
    AdminError,
    ExpiredPassword,
    ExpiredSession,
    ForbiddenPassword,
    IllegalState,
    InvalidCommand,
    InvalidCredential,
    InvalidField,
    InvalidPassword,
    InvalidPrivilege,
    InvalidQuota,
    InvalidRole,
    InvalidUser,
    InvalidWhitelist,
    LDAPAuthenticationError,
    LDAPError,
    LDAPNotConfigured,
    LDAPQueryError,
    LDAPSetupError,
    LDAPTLSError,
    NotAuthenticated,
    NotWhitelisted,
    QueryEnd,
    QuotaExceeded,
    QuotasNotEnabled,
    RoleExistsError,
    RoleViolation,
    SecurityNotEnabled,
    SecurityNotSupported,
    SecuritySchemeNotSupported,
    UserExistsError,
)
from aerospike_wire.errors.attempt import Attempt, is_in_doubt
from aerospike_wire.errors.base import (
    AerospikeError,
    ClientError,
    ServerError,
    class_of,
)
from aerospike_wire.errors.batch import (
    BatchDisabledError,
    BatchFailed,
    BatchMaxRequestError,
    BatchQueueFullError,
    NoResponse,
)
from aerospike_wire.errors.client import (
    AsyncConnectionError,
    AsyncQueueFull,
    ClientAbortError,
    ConnectionError,
    GRPCError,
    InvalidHost,
    InvalidHostError,
    InvalidNodeError,
    MaxErrorRateExceeded,
    MaxRetriesExceeded,
    MetricsConflict,
    NoMoreConnectionsError,
    NoMoreRecords,
    ParamError,
    ProtocolError,
    TimeoutError,
    TLSError,
    UseNormalRetry,
)
from aerospike_wire.errors.cluster import (
    ClusterChangeError,
    ClusterError,
)
from aerospike_wire.errors.codes import (
    FACTS,
    CodeFacts,
    ConnectionFate,
    ResultCode,
    Retry,
    Sender,
)
from aerospike_wire.errors.connect import ConnectContext, SeedFailure, Step
from aerospike_wire.errors.context import (
    AdminContext,
    BatchContext,
    ErrorContext,
    FailedOperation,
    IndexContext,
    InfoContext,
    QueryContext,
    RecordContext,
    TransactionContext,
    UDFContext,
)
from aerospike_wire.errors.index import (
    IndexError,
    IndexFoundError,
    IndexNameMaxCount,
    IndexNameMaxLen,
    IndexNotFound,
    IndexNotReadable,
    IndexOOM,
)
from aerospike_wire.errors.middleware import (
    ErrorMiddleware,
    Failure,
    Hook,
    HookMapping,
    MappingHook,
)
from aerospike_wire.errors.query import (
    QueryAbortedError,
    QueryDuplicate,
    QueryError,
    QueryNetworkError,
    QueryQueueFull,
    QueryTimeout,
    ScanAbortedError,
)
from aerospike_wire.errors.record import (
    BinExistsError,
    BinIncompatibleType,
    BinNameError,
    BinNotFound,
    InvalidEncoding,
    RecordBusy,
    RecordError,
    RecordExistsError,
    RecordGenerationError,
    RecordKeyMismatch,
    RecordNotFound,
    RecordTooBig,
    RecordVersionMismatch,
    XDRKeyBusy,
)
from aerospike_wire.errors.server import (
    AlwaysForbidden,
    DeviceOverload,
    ElementExistsError,
    ElementNotFoundError,
    EnterpriseOnly,
    FilteredOut,
    ForbiddenError,
    InvalidGeoJSON,
    InvalidRequest,
    LostConflict,
    NamespaceNotFound,
    OpNotApplicable,
    ServerFull,
    Unassigned31,
    UnsupportedFeature,
)
from aerospike_wire.errors.transaction import (
    TransactionAborted,
    TransactionAlreadyAborted,
    TransactionAlreadyCommitted,
    TransactionAlreadyLocked,
    TransactionBlocked,
    TransactionCommitted,
    TransactionError,
    TransactionExpired,
    TransactionFailed,
    TransactionMonitorExists,
    TransactionTooManyWrites,
    TransactionVersionMismatch,
)
from aerospike_wire.errors.udf import (
    LuaFileNotFound,
    UDFError,
    UDFNotFound,
    UDFReason,
)

__all__ = [
    "FACTS",
    "AdminContext",
    "AdminError",
    "AerospikeError",
    "AlwaysForbidden",
    "AsyncConnectionError",
    "AsyncQueueFull",
    "Attempt",
    "BatchContext",
    "BatchDisabledError",
    "BatchFailed",
    "BatchMaxRequestError",
    "BatchQueueFullError",
    "BinExistsError",
    "BinIncompatibleType",
    "BinNameError",
    "BinNotFound",
    "ClientAbortError",
    "ClientError",
    "ClusterChangeError",
    "ClusterError",
    "CodeFacts",
    "ConnectContext",
    "ConnectionError",
    "ConnectionFate",
    "DeviceOverload",
    "ElementExistsError",
    "ElementNotFoundError",
    "EnterpriseOnly",
    "ErrorContext",
    "ErrorMiddleware",
    "ExpiredPassword",
    "ExpiredSession",
    "FailedOperation",
    "Failure",
    "FilteredOut",
    "ForbiddenError",
    "ForbiddenPassword",
    "GRPCError",
    "Hook",
    "HookMapping",
    "IllegalState",
    "IndexContext",
    "IndexError",
    "IndexFoundError",
    "IndexNameMaxCount",
    "IndexNameMaxLen",
    "IndexNotFound",
    "IndexNotReadable",
    "IndexOOM",
    "InfoContext",
    "InvalidCommand",
    "InvalidCredential",
    "InvalidEncoding",
    "InvalidField",
    "InvalidGeoJSON",
    "InvalidHost",
    "InvalidHostError",
    "InvalidNodeError",
    "InvalidPassword",
    "InvalidPrivilege",
    "InvalidQuota",
    "InvalidRequest",
    "InvalidRole",
    "InvalidUser",
    "InvalidWhitelist",
    "LDAPAuthenticationError",
    "LDAPError",
    "LDAPNotConfigured",
    "LDAPQueryError",
    "LDAPSetupError",
    "LDAPTLSError",
    "LostConflict",
    "LuaFileNotFound",
    "MappingHook",
    "MaxErrorRateExceeded",
    "MaxRetriesExceeded",
    "MetricsConflict",
    "NamespaceNotFound",
    "NoMoreConnectionsError",
    "NoMoreRecords",
    "NoResponse",
    "NotAuthenticated",
    "NotWhitelisted",
    "OpNotApplicable",
    "ParamError",
    "ProtocolError",
    "QueryAbortedError",
    "QueryContext",
    "QueryDuplicate",
    "QueryEnd",
    "QueryError",
    "QueryNetworkError",
    "QueryQueueFull",
    "QueryTimeout",
    "QuotaExceeded",
    "QuotasNotEnabled",
    "RecordBusy",
    "RecordContext",
    "RecordError",
    "RecordExistsError",
    "RecordGenerationError",
    "RecordKeyMismatch",
    "RecordNotFound",
    "RecordTooBig",
    "RecordVersionMismatch",
    "ResultCode",
    "Retry",
    "RoleExistsError",
    "RoleViolation",
    "ScanAbortedError",
    "SecurityNotEnabled",
    "SecurityNotSupported",
    "SecuritySchemeNotSupported",
    "SeedFailure",
    "Sender",
    "ServerError",
    "ServerFull",
    "Step",
    "TLSError",
    "TimeoutError",
    "TransactionAborted",
    "TransactionAlreadyAborted",
    "TransactionAlreadyCommitted",
    "TransactionAlreadyLocked",
    "TransactionBlocked",
    "TransactionCommitted",
    "TransactionContext",
    "TransactionError",
    "TransactionExpired",
    "TransactionFailed",
    "TransactionMonitorExists",
    "TransactionTooManyWrites",
    "TransactionVersionMismatch",
    "UDFContext",
    "UDFError",
    "UDFNotFound",
    "UDFReason",
    "Unassigned31",
    "UnsupportedFeature",
    "UseNormalRetry",
    "UserExistsError",
    "XDRKeyBusy",
    "class_of",
    "is_in_doubt",
]

# Tracebacks, pickles and logs name the public module, not the file that holds a class.
for _name in __all__:
    _public = globals()[_name]
    if isinstance(_public, type) and _public.__module__.startswith(__name__):
        _public.__module__ = __name__
del _name, _public
