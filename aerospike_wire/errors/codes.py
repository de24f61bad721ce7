"""Every result code and, for each, one row of facts.

Behaviour that depends on a code is data here and nowhere else: which exception it
raises, whether sending the request again can help, whether the connection is still
usable, and whether a write answered with it may have been applied all the same.

Codes of 0 and above travel on the wire (1301 and 1302 only as numbers in texts);
negative ones are made by the client, with the numbering of the C and Python clients.
"""

from __future__ import annotations

import enum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import attrs

if TYPE_CHECKING:
    from collections.abc import Mapping


class ResultCode(enum.IntEnum):
    """The result codes of Aerospike servers and of this client."""

    GRPC_ERROR = -21
    METRICS_CONFLICT = -20
    TRANSACTION_ALREADY_ABORTED = -19
    TRANSACTION_ALREADY_COMMITTED = -18
    TRANSACTION_FAILED = -17
    BATCH_FAILED = -16
    NO_RESPONSE = -15
    MAX_ERROR_RATE = -14
    USE_NORMAL_RETRY = -13
    MAX_RETRIES_EXCEEDED = -12
    ASYNC_QUEUE_FULL = -11
    CONNECTION = -10
    TLS = -9
    INVALID_NODE = -8
    NO_MORE_CONNECTIONS = -7
    ASYNC_CONNECTION = -6
    CLIENT_ABORT = -5
    INVALID_HOST = -4
    NO_MORE_RECORDS = -3
    PARAM = -2
    CLIENT = -1
    OK = 0
    SERVER = 1
    RECORD_NOT_FOUND = 2
    RECORD_GENERATION = 3
    INVALID_REQUEST = 4
    RECORD_EXISTS = 5
    BIN_EXISTS = 6
    CLUSTER_CHANGE = 7
    SERVER_FULL = 8
    TIMEOUT = 9
    ALWAYS_FORBIDDEN = 10
    CLUSTER = 11
    BIN_INCOMPATIBLE_TYPE = 12
    RECORD_TOO_BIG = 13
    RECORD_BUSY = 14
    SCAN_ABORTED = 15
    UNSUPPORTED_FEATURE = 16
    BIN_NOT_FOUND = 17
    DEVICE_OVERLOAD = 18
    RECORD_KEY_MISMATCH = 19
    NAMESPACE_NOT_FOUND = 20
    BIN_NAME = 21
    FORBIDDEN = 22
    ELEMENT_NOT_FOUND = 23
    ELEMENT_EXISTS = 24
    ENTERPRISE_ONLY = 25
    OP_NOT_APPLICABLE = 26
    FILTERED_OUT = 27
    LOST_CONFLICT = 28
    INVALID_ENCODING = 29
    RECORD_VERSION_MISMATCH = 30
    UNASSIGNED_31 = 31
    XDR_KEY_BUSY = 32
    QUERY_END = 50
    SECURITY_NOT_SUPPORTED = 51
    SECURITY_NOT_ENABLED = 52
    SECURITY_SCHEME_NOT_SUPPORTED = 53
    INVALID_COMMAND = 54
    INVALID_FIELD = 55
    ILLEGAL_STATE = 56
    INVALID_USER = 60
    USER_EXISTS = 61
    INVALID_PASSWORD = 62
    EXPIRED_PASSWORD = 63
    FORBIDDEN_PASSWORD = 64
    INVALID_CREDENTIAL = 65
    EXPIRED_SESSION = 66
    INVALID_ROLE = 70
    ROLE_EXISTS = 71
    INVALID_PRIVILEGE = 72
    INVALID_WHITELIST = 73
    QUOTAS_NOT_ENABLED = 74
    INVALID_QUOTA = 75
    NOT_AUTHENTICATED = 80
    ROLE_VIOLATION = 81
    NOT_WHITELISTED = 82
    QUOTA_EXCEEDED = 83
    LDAP_NOT_CONFIGURED = 90
    LDAP_SETUP = 91
    LDAP_TLS_SETUP = 92
    LDAP_AUTHENTICATION = 93
    LDAP_QUERY = 94
    UDF = 100
    TRANSACTION_BLOCKED = 120
    TRANSACTION_VERSION_MISMATCH = 121
    TRANSACTION_EXPIRED = 122
    TRANSACTION_TOO_MANY_WRITES = 123
    TRANSACTION_COMMITTED = 124
    TRANSACTION_ABORTED = 125
    TRANSACTION_ALREADY_LOCKED = 126
    TRANSACTION_MONITOR_EXISTS = 127
    BATCH_DISABLED = 150
    BATCH_MAX_REQUESTS = 151
    BATCH_QUEUES_FULL = 152
    INVALID_GEOJSON = 160
    INDEX_FOUND = 200
    INDEX_NOT_FOUND = 201
    INDEX_OOM = 202
    INDEX_NOT_READABLE = 203
    INDEX = 204
    INDEX_NAME_MAX_LEN = 205
    INDEX_NAME_MAX_COUNT = 206
    QUERY_ABORTED = 210
    QUERY_QUEUE_FULL = 211
    QUERY_TIMEOUT = 212
    QUERY = 213
    QUERY_NET_IO = 214
    QUERY_DUPLICATE = 215
    UDF_NOT_FOUND = 1301
    LUA_FILE_NOT_FOUND = 1302


class Retry(enum.Enum):
    """What sending the same request again can achieve."""

    NEVER = "never"
    """The same request gets the same answer until something else is changed."""
    LATER = "later"
    """It may succeed after a pause; the client leaves that choice to the caller."""
    RELOGIN = "relogin"
    """It may succeed on a connection that has logged in anew; a client that has a user does so once by itself,
    whatever ``max_retries`` says, because the node has refused the request and not carried it out."""
    AUTO = "auto"
    """It may succeed at once; the client does so itself, up to ``max_retries``."""


class ConnectionFate(enum.Enum):
    """What becomes of the connection that carried the failing request."""

    KEEP = "keep"
    """The reply was read whole: the connection goes back to its pool."""
    CLOSE = "close"
    """The stream can no longer be trusted, or the server wants it gone."""


class Sender(enum.Enum):
    """Who makes a code."""

    SERVER = "any server"
    ENTERPRISE = "Enterprise servers"
    NEWER_SERVER = "servers newer than 8.1.2"
    OLD_SERVER = "servers before 6.0"
    UNUSED = "no server today; reserved in the protocol"
    CLIENT = "this client"
    PEER_CLIENT = "other Aerospike clients; kept so that the number has a name"


@attrs.frozen
class CodeFacts:
    """All that is decided by a result code alone."""

    code: ResultCode
    exception: str | None
    """Name of the class in :mod:`aerospike_wire.errors`; None for OK, which is no error."""
    sender: Sender
    retry: Retry
    meaning: str
    """One sentence without a full stop, used as the message when the server sent none."""
    hint: str | None = None
    """What to do about it, where there is something to do."""
    connection: ConnectionFate = ConnectionFate.KEEP
    doubt: bool = False
    """True if a write answered with this code may have been applied nevertheless."""
    counts: bool = False
    """True if the code speaks of the node's health and not of the request: the circuit breaker counts it."""
    same_node: bool = False
    """True if a write is sent to the same replica again; other retries, and all of reads, go on to the next."""

    @property
    def transient(self) -> bool:
        """True if the same request may succeed later."""
        return self.retry is not Retry.NEVER


_C = ResultCode
_NEVER, _LATER, _RELOGIN, _AUTO = Retry.NEVER, Retry.LATER, Retry.RELOGIN, Retry.AUTO
_SRV, _EE, _NEW, _OLD = Sender.SERVER, Sender.ENTERPRISE, Sender.NEWER_SERVER, Sender.OLD_SERVER
_UNUSED, _CLI, _PEER = Sender.UNUSED, Sender.CLIENT, Sender.PEER_CLIENT
_CLOSE = ConnectionFate.CLOSE

_ROWS: Final = (
    CodeFacts(_C.GRPC_ERROR, "GRPCError", _PEER, _NEVER, "a proxy client failed in its gRPC layer"),
    CodeFacts(
        _C.METRICS_CONFLICT, "MetricsConflict", _PEER, _NEVER,
        "metrics were switched both by the program and by dynamic configuration",
    ),
    CodeFacts(
        _C.TRANSACTION_ALREADY_ABORTED, "TransactionAlreadyAborted", _CLI, _NEVER,
        "the transaction was aborted before and cannot be committed",
        "begin a new transaction and repeat its work",
    ),
    CodeFacts(
        _C.TRANSACTION_ALREADY_COMMITTED, "TransactionAlreadyCommitted", _CLI, _NEVER,
        "the transaction was committed before and cannot be aborted",
    ),
    CodeFacts(
        _C.TRANSACTION_FAILED, "TransactionFailed", _CLI, _NEVER,
        "the transaction could not be completed",
        "look at the causes; unless the commit is in doubt, repeat the whole transaction",
    ),
    CodeFacts(
        _C.BATCH_FAILED, "BatchFailed", _CLI, _NEVER, "at least one row of the batch failed",
        "look at the rows: each carries its own error",
    ),
    CodeFacts(
        _C.NO_RESPONSE, "NoResponse", _CLI, _LATER, "no answer came for this row of the batch",
        "ask for the row again",
        doubt=True,
    ),
    CodeFacts(
        _C.MAX_ERROR_RATE, "MaxErrorRateExceeded", _CLI, _AUTO,
        "the node had too many errors lately, so nothing was sent to it",
        "wait for the next error window, and find out why the node fails; "
        "max_error_rate and error_rate_window set the limit",
        same_node=True,
    ),
    CodeFacts(
        _C.USE_NORMAL_RETRY, "UseNormalRetry", _PEER, _NEVER,
        "a batch kept its node assignment and was to be retried as a whole",
    ),
    CodeFacts(
        _C.MAX_RETRIES_EXCEEDED, "MaxRetriesExceeded", _PEER, _NEVER,
        "every permitted attempt failed",
    ),
    CodeFacts(
        _C.ASYNC_QUEUE_FULL, "AsyncQueueFull", _PEER, _LATER,
        "the queue of commands that wait for a connection is full",
        "send fewer commands at once, or allow more connections per node",
    ),
    CodeFacts(
        _C.CONNECTION, "ConnectionError", _CLI, _AUTO,
        "the connection to the node could not be made or was lost",
        "check that the node is up and its address reachable from here",
        _CLOSE, doubt=True, counts=True,
    ),
    CodeFacts(
        _C.TLS, "TLSError", _CLI, _NEVER, "the TLS handshake or the encrypted stream failed",
        "compare certificate, CA and tls_name with the node's",
        _CLOSE, doubt=True,
    ),
    CodeFacts(
        _C.INVALID_NODE, "InvalidNodeError", _CLI, _AUTO,
        "no active node is known for the partition",
        "the cluster map may be settling: try again after a moment, "
        "and check that all nodes' access addresses are reachable",
    ),
    CodeFacts(
        _C.NO_MORE_CONNECTIONS, "NoMoreConnectionsError", _CLI, _AUTO,
        "all connections that the pool of the node may hold are in use",
        "raise max_conns_per_node or run fewer commands at once",
        same_node=True,
    ),
    CodeFacts(
        _C.ASYNC_CONNECTION, "AsyncConnectionError", _PEER, _LATER,
        "an asynchronous connection failed", None, _CLOSE, doubt=True,
    ),
    CodeFacts(
        _C.CLIENT_ABORT, "ClientAbortError", _CLI, _NEVER,
        "the program itself stopped the scan or query", None, _CLOSE,
    ),
    CodeFacts(
        _C.INVALID_HOST, "InvalidHostError", _CLI, _LATER,
        "a host name could not be resolved",
        "check the spelling of the host and the name service of this machine",
    ),
    CodeFacts(
        _C.NO_MORE_RECORDS, "NoMoreRecords", _PEER, _NEVER, "a result stream holds no further records",
    ),
    CodeFacts(
        _C.PARAM, "ParamError", _CLI, _NEVER,
        "an argument is not acceptable; nothing was sent",
    ),
    CodeFacts(
        _C.CLIENT, "ClientError", _CLI, _NEVER,
        "the client could not go on, for instance because the bytes that came back made no sense",
        None, _CLOSE, doubt=True,
    ),
    CodeFacts(_C.OK, None, _SRV, _NEVER, "the command succeeded"),
    CodeFacts(
        _C.SERVER, "ServerError", _SRV, _NEVER,
        "the server failed and has no more precise code for it",
        "the log of the node says more",
    ),
    CodeFacts(
        _C.RECORD_NOT_FOUND, "RecordNotFound", _SRV, _NEVER,
        "no live record has this key",
    ),
    CodeFacts(
        _C.RECORD_GENERATION, "RecordGenerationError", _SRV, _NEVER,
        "the generation of the record is not the one that the write asked for",
        "read the record again and repeat the change with its present generation",
    ),
    CodeFacts(
        _C.INVALID_REQUEST, "InvalidRequest", _SRV, _NEVER,
        "the server found the request malformed or one of its arguments unacceptable",
        "compare the operations and policy of this request with what the server's version supports; "
        "the log of the node names the argument",
    ),
    CodeFacts(
        _C.RECORD_EXISTS, "RecordExistsError", _SRV, _NEVER,
        "a record with this key exists and the write was to create it",
    ),
    CodeFacts(
        _C.BIN_EXISTS, "BinExistsError", _SRV, _NEVER,
        "the bin exists and the operation was to create it",
    ),
    CodeFacts(
        _C.CLUSTER_CHANGE, "ClusterChangeError", _SRV, _LATER,
        "the cluster changed while the request ran, or is not what the request assumed",
        "wait until the cluster is stable, then repeat",
    ),
    CodeFacts(
        _C.SERVER_FULL, "ServerFull", _SRV, _LATER,
        "the namespace takes no writes: its memory or storage is used up",
        "free space or add nodes; until then reads and deletes still work",
    ),
    CodeFacts(
        _C.TIMEOUT, "TimeoutError", _SRV, _AUTO, "the time allowed for the request ran out",
        "see the attempts for who ran out of time, and total_timeout and socket_timeout for how much there was",
        doubt=True, counts=True, same_node=True,
    ),
    CodeFacts(
        _C.ALWAYS_FORBIDDEN, "AlwaysForbidden", _UNUSED, _NEVER,
        "the present configuration of the server can never allow this",
    ),
    CodeFacts(
        _C.CLUSTER, "ClusterError", _SRV, _AUTO,
        "the partition is not available on this node right now, or no node is connected",
        "nodes may be starting, or too few are up for this partition",
        counts=True,
    ),
    CodeFacts(
        _C.BIN_INCOMPATIBLE_TYPE, "BinIncompatibleType", _SRV, _NEVER,
        "the operation does not fit the type of value that the bin holds",
        "look at the type that is stored, or write the bin anew",
    ),
    CodeFacts(
        _C.RECORD_TOO_BIG, "RecordTooBig", _SRV, _NEVER,
        "the record would be larger than the namespace allows",
        "split the record, or raise max-record-size on the server",
    ),
    CodeFacts(
        _C.RECORD_BUSY, "RecordBusy", _SRV, _LATER,
        "too many requests wait for this one record",
        "spread the load over more keys, or repeat after a random pause",
    ),
    CodeFacts(
        _C.SCAN_ABORTED, "ScanAbortedError", _SRV, _NEVER,
        "an operator ended the scan or query on the server", None, _CLOSE,
    ),
    CodeFacts(
        _C.UNSUPPORTED_FEATURE, "UnsupportedFeature", _SRV, _NEVER,
        "this server, or this kind of namespace, does not do what was asked",
    ),
    CodeFacts(
        _C.BIN_NOT_FOUND, "BinNotFound", _SRV, _NEVER,
        "the bin does not exist and the operation was only to update it",
    ),
    CodeFacts(
        _C.DEVICE_OVERLOAD, "DeviceOverload", _SRV, _AUTO,
        "the storage of the node cannot keep up with the writes",
        "write more slowly; max-write-cache and the devices set the limit",
        counts=True,
    ),
    CodeFacts(
        _C.RECORD_KEY_MISMATCH, "RecordKeyMismatch", _SRV, _NEVER,
        "the record is stored with another user key than the one sent",
        "two keys share this digest, or key and digest given by hand do not belong together",
    ),
    CodeFacts(
        _C.NAMESPACE_NOT_FOUND, "NamespaceNotFound", _SRV, _NEVER,
        "no namespace of this name is configured",
        "namespaces are made in the server's configuration, not by clients; check the spelling",
    ),
    CodeFacts(
        _C.BIN_NAME, "BinNameError", _SRV, _NEVER,
        "a bin name is longer than 15 bytes or not acceptable",
        "shorten the name: 15 bytes of UTF-8 at most, and no NUL",
    ),
    CodeFacts(
        _C.FORBIDDEN, "ForbiddenError", _SRV, _NEVER,
        "the server refuses this in its present state or configuration",
        "common causes: a TTL while the namespace has nsup-period 0, a set over its stop-writes limit, "
        "clock skew, or query-threads-limit reached",
    ),
    CodeFacts(
        _C.ELEMENT_NOT_FOUND, "ElementNotFoundError", _SRV, _NEVER,
        "the map or list has no such element and the operation was only to update it",
    ),
    CodeFacts(
        _C.ELEMENT_EXISTS, "ElementExistsError", _SRV, _NEVER,
        "the map or list holds this element and the operation was to create it",
    ),
    CodeFacts(
        _C.ENTERPRISE_ONLY, "EnterpriseOnly", _SRV, _NEVER,
        "only an Enterprise server with the fitting feature key does this",
        "durable deletes, transactions, compression and rack awareness are Enterprise features",
    ),
    CodeFacts(
        _C.OP_NOT_APPLICABLE, "OpNotApplicable", _SRV, _NEVER,
        "the operation cannot be applied to what the record holds now",
        "an index or rank may be out of range, a bounded list full, an element of the context missing, a sketch not "
        "as the operation needs it, or an expression without a value because of a bin that it reads",
    ),
    CodeFacts(
        _C.FILTERED_OUT, "FilteredOut", _SRV, _NEVER,
        "the filter expression was not true for the record, so nothing was done",
    ),
    CodeFacts(
        _C.LOST_CONFLICT, "LostConflict", _EE, _NEVER,
        "the write lost against a newer one that came in over XDR",
    ),
    CodeFacts(
        _C.INVALID_ENCODING, "InvalidEncoding", _NEW, _NEVER,
        "a string operation met text that is not well-formed UTF-8",
    ),
    CodeFacts(
        _C.RECORD_VERSION_MISMATCH, "RecordVersionMismatch", _NEW, _NEVER,
        "the version of the record is not the expected one",
        "read the record again and repeat the change",
    ),
    CodeFacts(_C.UNASSIGNED_31, "Unassigned31", _UNUSED, _NEVER, "code 31 has no meaning yet"),
    CodeFacts(
        _C.XDR_KEY_BUSY, "XDRKeyBusy", _EE, _LATER,
        "XDR must ship the former version of the record before it can be written",
        "repeat after a pause",
    ),
    CodeFacts(
        _C.QUERY_END, "QueryEnd", _EE, _NEVER,
        "the marker that ends a list of users or roles came where none was expected",
    ),
    CodeFacts(
        _C.SECURITY_NOT_SUPPORTED, "SecurityNotSupported", _SRV, _NEVER,
        "this server has no users and roles",
        "Community servers have no security: connect without user and password",
    ),
    CodeFacts(
        _C.SECURITY_NOT_ENABLED, "SecurityNotEnabled", _EE, _NEVER,
        "security is not switched on in the server",
        "add a security section to the server's configuration, or connect without a user",
    ),
    CodeFacts(
        _C.SECURITY_SCHEME_NOT_SUPPORTED, "SecuritySchemeNotSupported", _EE, _NEVER,
        "the server does not know this version of the security protocol",
    ),
    CodeFacts(
        _C.INVALID_COMMAND, "InvalidCommand", _EE, _NEVER,
        "the server does not know this security command",
    ),
    CodeFacts(
        _C.INVALID_FIELD, "InvalidField", _EE, _NEVER,
        "a field of the security command is missing or malformed",
    ),
    CodeFacts(
        _C.ILLEGAL_STATE, "IllegalState", _EE, _NEVER,
        "the security command does not fit the present state of the session",
    ),
    CodeFacts(_C.INVALID_USER, "InvalidUser", _EE, _NEVER, "no such user"),
    CodeFacts(_C.USER_EXISTS, "UserExistsError", _EE, _NEVER, "a user of this name exists"),
    CodeFacts(
        _C.INVALID_PASSWORD, "InvalidPassword", _EE, _NEVER, "the password is missing or not acceptable",
    ),
    CodeFacts(
        _C.EXPIRED_PASSWORD, "ExpiredPassword", _EE, _NEVER, "the password has expired",
        "set a new password",
    ),
    CodeFacts(
        _C.FORBIDDEN_PASSWORD, "ForbiddenPassword", _EE, _NEVER,
        "this password may not be used, for instance because it was used lately",
        "choose another password; users who have a certificate instead cannot be given one",
    ),
    CodeFacts(
        _C.INVALID_CREDENTIAL, "InvalidCredential", _EE, _NEVER,
        "user and password do not belong together",
        "check the password, and the auth mode the user was made for",
    ),
    CodeFacts(
        _C.EXPIRED_SESSION, "ExpiredSession", _EE, _RELOGIN,
        "the session of the login has expired",
        "the client logs in anew by itself; if the node goes on refusing, its log says why", _CLOSE,
    ),
    CodeFacts(_C.INVALID_ROLE, "InvalidRole", _EE, _NEVER, "no such role, or none was named"),
    CodeFacts(_C.ROLE_EXISTS, "RoleExistsError", _EE, _NEVER, "a role of this name exists"),
    CodeFacts(
        _C.INVALID_PRIVILEGE, "InvalidPrivilege", _EE, _NEVER, "a privilege is missing or unknown",
        "compare the codes with PrivilegeCode, and with what the server's version knows",
    ),
    CodeFacts(
        _C.INVALID_WHITELIST, "InvalidWhitelist", _EE, _NEVER,
        "the list of addresses that a role may connect from is malformed",
        "each item is an address or a network like 10.1.0.0/16",
    ),
    CodeFacts(
        _C.QUOTAS_NOT_ENABLED, "QuotasNotEnabled", _EE, _NEVER, "quotas are not switched on in the server",
        "set enable-quotas in the server's security configuration",
    ),
    CodeFacts(_C.INVALID_QUOTA, "InvalidQuota", _EE, _NEVER, "the quota is not acceptable"),
    CodeFacts(
        _C.NOT_AUTHENTICATED, "NotAuthenticated", _EE, _RELOGIN,
        "the connection has not logged in",
        "connect with user and password; if they were given, the session ended: repeat the call",
        _CLOSE,
    ),
    CodeFacts(
        _C.ROLE_VIOLATION, "RoleViolation", _EE, _NEVER,
        "the user's roles do not permit this",
        "grant the user a role with the privilege that the operation needs",
    ),
    CodeFacts(
        _C.NOT_WHITELISTED, "NotWhitelisted", _EE, _NEVER,
        "the user's roles do not permit connections from this address",
        "connect from another host, or have the whitelists of the user's roles changed",
    ),
    CodeFacts(
        _C.QUOTA_EXCEEDED, "QuotaExceeded", _EE, _LATER,
        "the user is over the read or write quota",
        "slow down, or raise the quota of the role; queries under a quota must set records_per_second",
    ),
    CodeFacts(
        _C.LDAP_NOT_CONFIGURED, "LDAPNotConfigured", _EE, _NEVER, "the server has no LDAP configuration",
        "add an ldap section to the server's security configuration, or log in with internal auth",
    ),
    CodeFacts(
        _C.LDAP_SETUP, "LDAPSetupError", _EE, _NEVER, "the server could not set up its LDAP connection",
    ),
    CodeFacts(
        _C.LDAP_TLS_SETUP, "LDAPTLSError", _EE, _NEVER,
        "the server could not set up TLS towards its LDAP directory",
    ),
    CodeFacts(
        _C.LDAP_AUTHENTICATION, "LDAPAuthenticationError", _EE, _NEVER,
        "the LDAP directory did not accept user and password",
    ),
    CodeFacts(_C.LDAP_QUERY, "LDAPQueryError", _EE, _NEVER, "a search in the LDAP directory failed"),
    CodeFacts(
        _C.UDF, "UDFError", _SRV, _NEVER, "the Lua function failed or could not be run",
        "the message is the server's; 'UDF: Execution Error 1' means that the module cannot be loaded there",
    ),
    CodeFacts(
        _C.TRANSACTION_BLOCKED, "TransactionBlocked", _EE, _LATER,
        "another transaction holds the record",
        "inside a transaction abort and repeat it; outside repeat the call after a random pause",
    ),
    CodeFacts(
        _C.TRANSACTION_VERSION_MISMATCH, "TransactionVersionMismatch", _EE, _NEVER,
        "a record that the transaction read has changed since", "repeat the whole transaction",
    ),
    CodeFacts(
        _C.TRANSACTION_EXPIRED, "TransactionExpired", _EE, _NEVER,
        "the transaction passed its deadline", "repeat the whole transaction, with a longer timeout if need be",
    ),
    CodeFacts(
        _C.TRANSACTION_TOO_MANY_WRITES, "TransactionTooManyWrites", _EE, _NEVER,
        "the transaction wrote more than 4096 records", "split the work over several transactions",
    ),
    CodeFacts(
        _C.TRANSACTION_COMMITTED, "TransactionCommitted", _EE, _NEVER, "the transaction is committed already",
    ),
    CodeFacts(
        _C.TRANSACTION_ABORTED, "TransactionAborted", _EE, _NEVER, "the transaction is aborted already",
        "begin a new transaction and repeat its work",
    ),
    CodeFacts(
        _C.TRANSACTION_ALREADY_LOCKED, "TransactionAlreadyLocked", _EE, _NEVER,
        "this transaction holds the record already and the write was only to lock it",
    ),
    CodeFacts(
        _C.TRANSACTION_MONITOR_EXISTS, "TransactionMonitorExists", _EE, _NEVER,
        "a monitor record for this transaction exists already",
    ),
    CodeFacts(
        _C.BATCH_DISABLED, "BatchDisabledError", _SRV, _NEVER, "batches are switched off on the node",
        "batch-index-threads is 0 in the server's configuration",
    ),
    CodeFacts(
        _C.BATCH_MAX_REQUESTS, "BatchMaxRequestError", _SRV, _NEVER,
        "the batch has more rows than the node accepts", "send smaller batches, or raise batch-max-requests",
    ),
    CodeFacts(
        _C.BATCH_QUEUES_FULL, "BatchQueueFullError", _SRV, _LATER,
        "the node has no room for the replies of another batch", "send fewer or smaller batches at once",
    ),
    CodeFacts(
        _C.INVALID_GEOJSON, "InvalidGeoJSON", _SRV, _NEVER, "the value is not GeoJSON that the server accepts",
        "points, polygons, multi-polygons and AeroCircles are accepted, with longitude first",
    ),
    CodeFacts(
        _C.INDEX_FOUND, "IndexFoundError", _SRV, _NEVER,
        "an index of this name exists with another definition, or the name is not unique",
        "remove the index first, or choose another name",
    ),
    CodeFacts(
        _C.INDEX_NOT_FOUND, "IndexNotFound", _SRV, _NEVER, "there is no such secondary index",
        "create the index, or wait until it is known on every node",
    ),
    CodeFacts(_C.INDEX_OOM, "IndexOOM", _UNUSED, _NEVER, "the memory for secondary indexes is used up"),
    CodeFacts(
        _C.INDEX_NOT_READABLE, "IndexNotReadable", _SRV, _LATER, "the index is still being built",
        "wait until the index is built on every node",
    ),
    CodeFacts(_C.INDEX, "IndexError", _UNUSED, _NEVER, "the secondary index failed"),
    CodeFacts(
        _C.INDEX_NAME_MAX_LEN, "IndexNameMaxLen", _UNUSED, _NEVER, "the index name is too long",
        "present servers say InvalidRequest (4) instead; 63 bytes are the limit",
    ),
    CodeFacts(
        _C.INDEX_NAME_MAX_COUNT, "IndexNameMaxCount", _SRV, _NEVER,
        "the namespace has as many indexes as it may have", "remove an index that is not needed",
    ),
    CodeFacts(
        _C.QUERY_ABORTED, "QueryAbortedError", _OLD, _NEVER, "the query was ended on the server", None, _CLOSE,
    ),
    CodeFacts(_C.QUERY_QUEUE_FULL, "QueryQueueFull", _OLD, _LATER, "too many queries wait on the node"),
    CodeFacts(_C.QUERY_TIMEOUT, "QueryTimeout", _OLD, _LATER, "the query ran out of time on the server"),
    CodeFacts(_C.QUERY, "QueryError", _OLD, _NEVER, "the query failed"),
    CodeFacts(_C.QUERY_NET_IO, "QueryNetworkError", _OLD, _LATER, "the server could not send the query's results"),
    CodeFacts(_C.QUERY_DUPLICATE, "QueryDuplicate", _OLD, _NEVER, "a query with this task id runs already"),
    CodeFacts(
        _C.UDF_NOT_FOUND, "UDFNotFound", _PEER, _NEVER, "the server has no such Lua function",
    ),
    CodeFacts(
        _C.LUA_FILE_NOT_FOUND, "LuaFileNotFound", _CLI, _NEVER, "the Lua file could not be read",
        "check the path; nothing was sent to the server",
    ),
)  # fmt: skip

DOUBT_HINT: Final = "read the record before you write it again"
"""What to do about any write that is in doubt, whatever its code."""

FACTS: Final[Mapping[int, CodeFacts]] = MappingProxyType({row.code.value: row for row in _ROWS})
"""One row per known code."""
