"""What provokes each exception: a call, and what the node or the client has against it.

The first provocation of a class whose needs are met is the one that counts; those marked
``more`` are made besides. Every function here makes one call, the one that fails.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import attrs

from aerospike_wire.config import AuthMode
from aerospike_wire.errors import FACTS, ResultCode, Sender, class_of
from aerospike_wire.policy import Exists, Generation, SendKey
from aerospike_wire.predicates import equals

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable

Call: TypeAlias = "Callable[[Any], Coroutine[Any, Any, Any]]"
"""A coroutine function of a client."""

ANN: Final = ("test", "demo", "ann")
"""A record that exists."""
PINNED: Final = b"\x2a" * 20
"""A digest given by hand, so that two user keys meet in one record."""
OVER_100: Final = b"\x93\x03\x93\x51\x02\xa3age\x64"
"""The filter expression ``age > 100`` as it travels."""
SECRET: Final = "correct horse"  # noqa: S105
"""A password for users that are never made."""
PATIENCE: Final = 60
"""Milliseconds to wait for a node that does not answer."""


class Cause(enum.Enum):
    """Who has something against a call."""

    NODE = "the node's own rules"
    FAULT = "a fault"
    CLIENT = "the client's own checks"


@attrs.frozen(kw_only=True)
class Provocation:
    """A way to get an exception."""

    exception: str
    """Name of the class."""
    call: Call
    cause: Cause = Cause.FAULT
    faults: Callable[[Any], Any] | None = None
    """Makes the rules of the node by which the call fails."""
    before: Call | None = None
    """What must have been done for the call to fail."""
    beside: Call | None = None
    """What must be under way while the call is made."""
    hosts: str | None = None
    """Where to connect, if not to one of the nodes."""
    secured: bool = False
    """True to use the node that has users."""
    settings: dict[str, Any] = attrs.field(factory=dict)
    """Settings of the client besides the hosts."""
    needs: str | None = None
    """A library without which it cannot be made."""
    more: bool = False
    """True if it is made in addition to the one that counts."""


# Calls that nothing is wrong with, for faults to fail


async def put(client: Any) -> None:
    """Write a bin."""
    await client.put(ANN, {"age": 42})


async def get(client: Any) -> None:
    """Read a record."""
    await client.get(ANN)


async def increment(client: Any) -> None:
    """Change a bin on the node."""
    await client.increment(ANN, "age", 1)


async def batch_read(client: Any) -> None:
    """Read many records."""
    await client.batch_read([ANN, ("test", "demo", "bob")])


async def batch_row(client: Any) -> None:
    """Read many records, and look at one of them."""
    rows = await client.batch_read([ANN, ("test", "demo", "bob")])
    raise rows[0].error


async def scan(client: Any) -> None:
    """Read a set."""
    await client.query("test", "demo").results()


async def query(client: Any) -> None:
    """Read by an index."""
    await client.query("test", "demo").where(equals("age", 41)).results()


async def index_create(client: Any) -> None:
    """Create an index."""
    await client.index_integer_create("test", "demo", "age", "demo_age")


async def index_remove(client: Any) -> None:
    """Remove an index."""
    await client.index_remove("test", "demo_age")


async def drop_user(client: Any) -> None:
    """Delete a user."""
    await client.admin_drop_user("bob")


async def create_user(client: Any) -> None:
    """Create a user with a role."""
    await client.admin_create_user("bob", password=SECRET, roles=["auditor"])


async def connect(client: Any) -> None:
    """Find the cluster."""
    await client.connect()


def _answered(command: str, call: Call, *codes: ResultCode, **more: Any) -> Iterable[Provocation]:
    """The same call, refused with one code after another."""
    for code in codes:

        def rule(faults: Any, code: ResultCode = code) -> Any:
            return faults.on(command).answer(code)

        yield Provocation(exception=class_of(code).__name__, call=call, faults=rule, **more)


# Calls that the node's or client's own rules refuse


async def get_missing(client: Any) -> None:
    """Read what is not there."""
    await client.get(("test", "demo", "nobody"))


async def select_missing(client: Any) -> None:
    """Read a bin of what is not there."""
    await client.select(("test", "demo", "nobody"), ["age"])


async def put_old_generation(client: Any) -> None:
    """Write on the ground of what was read long ago."""
    await client.put(ANN, {"age": 42}, {"gen": 99}, {"gen": Generation.EQ})


async def put_existing(client: Any) -> None:
    """Create what is there."""
    await client.put(ANN, {"age": 42}, policy={"exists": Exists.CREATE})


async def put_too_much(client: Any) -> None:
    """Write more than the namespace takes."""
    await client.put(("tiny", "demo", "ann"), {"photo": b"\xff" * 5000})


async def append_to_integer(client: Any) -> None:
    """Treat a number as a text."""
    await client.append(ANN, "age", "x")


async def put_pinned(client: Any) -> None:
    """Store a user key under a digest given by hand."""
    await client.put(("test", "demo", "ann", PINNED), {"age": 41}, policy={"key": SendKey.SEND})


async def select_pinned(client: Any) -> None:
    """Ask for the digest with another user key."""
    await client.select(("test", "demo", "bob", PINNED), ["age"], {"key": SendKey.SEND})


async def put_long_bin_name(client: Any) -> None:
    """Name a bin with 16 bytes."""
    await client.put(ANN, {"sixteen_letters_": 1})


async def get_elsewhere(client: Any) -> None:
    """Ask for a namespace that no node has."""
    await client.get(("attic", "demo", "ann"))


async def put_with_ttl(client: Any) -> None:
    """Have a record expire where nothing expires."""
    await client.put(("eternal", "demo", "ann"), {"age": 41}, {"ttl": 3600})


async def remove_durably(client: Any) -> None:
    """Ask a Community node for an Enterprise feature."""
    await client.remove(ANN, policy={"durable_delete": True})


async def get_filtered(client: Any) -> None:
    """Read a record for which a filter is false."""
    await client.get(ANN, {"expressions": OVER_100})


async def index_with_long_name(client: Any) -> None:
    """Name an index with more than 63 bytes."""
    await client.index_integer_create("test", "demo", "age", "n" * 64)


async def index_strings(client: Any) -> None:
    """Define an index."""
    await client.index_string_create("test", "demo", "name", "demo_name")


async def index_otherwise(client: Any) -> None:
    """Define it again, otherwise."""
    await client.index_integer_create("test", "demo", "age", "demo_name")


async def index_unknown(client: Any) -> None:
    """Ask how far an index is that does not exist."""
    await client.index_stat("test", "no_such_index")


async def query_without_index(client: Any) -> None:
    """Ask for what no index answers."""
    await client.query("test", "demo").where(equals("city", "Paris")).results()


async def apply_unknown(client: Any) -> None:
    """Call a function of a module that is not registered."""
    await client.apply(ANN, "pricing", "discount", [10])


async def udf_put_missing(client: Any) -> None:
    """Register a file that does not exist."""
    await client.udf_put("/no/such/directory/pricing.lua")


async def udf_remove(client: Any) -> None:
    """Remove a module."""
    await client.udf_remove("pricing.lua")


async def drop_unknown_user(client: Any) -> None:
    """Delete a user who does not exist."""
    await client.admin_drop_user("nobody")


async def create_existing_user(client: Any) -> None:
    """Create a user who exists."""
    await client.admin_create_user("reader", password=SECRET)


async def create_with_unknown_role(client: Any) -> None:
    """Give a user a role that does not exist."""
    await client.admin_create_user("bob", password=SECRET, roles=["no-such-role"])


async def create_existing_role(client: Any) -> None:
    """Create a role that exists."""
    await client.admin_create_role("read", [{"code": "read"}])


async def create_with_unknown_privilege(client: Any) -> None:
    """Give a role a privilege that the node does not know."""
    await client.admin_create_role("auditor", [{"code": 64}])


async def create_with_bad_whitelist(client: Any) -> None:
    """Let a role's users come from what is no address."""
    await client.admin_create_role("auditor", [{"code": "read"}], whitelist=["everywhere"])


async def set_password_of_certificate(client: Any) -> None:
    """Give a password to a user who has a certificate instead."""
    await client.admin_set_password("robot", password=SECRET)


async def get_impossible_key(client: Any) -> None:
    """Leave the user key out."""
    await client.get(("test", "demo"))


async def put_impatient(client: Any) -> None:
    """Write, and wait a little."""
    await client.put(ANN, {"age": 42}, policy={"total_timeout": PATIENCE})


async def get_impatient(client: Any) -> None:
    """Read, and wait a little."""
    await client.get(ANN, {"total_timeout": PATIENCE})


async def put_eagerly(client: Any) -> None:
    """Write, and repeat it if that may help."""
    await client.put(ANN, {"age": 42}, policy={"max_retries": 2})


async def scan_slowly(client: Any) -> None:
    """Read a set, and wait a while."""
    await client.query("test", "demo").results({"total_timeout": 10 * PATIENCE, "max_retries": 0})


async def scan_at_once(client: Any) -> None:
    """Read a set without a second try."""
    await client.query("test", "demo").results({"max_retries": 0})


_C = ResultCode
_ADMIN: Final = {"user": "admin", "password": "admin-secret"}
_READER: Final = {"user": "reader", "password": "reader-secret"}

_RECORDS: Final = (
    Provocation(exception="RecordNotFound", call=select_missing, cause=Cause.NODE),
    Provocation(exception="RecordNotFound", call=get_missing, cause=Cause.NODE, more=True),
    Provocation(exception="RecordGenerationError", call=put_old_generation, cause=Cause.NODE),
    Provocation(exception="RecordExistsError", call=put_existing, cause=Cause.NODE),
    Provocation(exception="BinIncompatibleType", call=append_to_integer, cause=Cause.NODE),
    Provocation(exception="RecordTooBig", call=put_too_much, cause=Cause.NODE),
    Provocation(exception="RecordKeyMismatch", call=select_pinned, before=put_pinned, cause=Cause.NODE),
    Provocation(exception="BinNameError", call=put_long_bin_name, cause=Cause.CLIENT),
    *_answered(
        "put", put, _C.RECORD_BUSY, _C.BIN_EXISTS, _C.BIN_NOT_FOUND, _C.INVALID_ENCODING,
        _C.RECORD_VERSION_MISMATCH, _C.XDR_KEY_BUSY,
    ),
    *_answered(
        "put", put, _C.TRANSACTION_BLOCKED, _C.TRANSACTION_VERSION_MISMATCH, _C.TRANSACTION_EXPIRED,
        _C.TRANSACTION_TOO_MANY_WRITES, _C.TRANSACTION_COMMITTED, _C.TRANSACTION_ABORTED,
        _C.TRANSACTION_ALREADY_LOCKED, _C.TRANSACTION_MONITOR_EXISTS,
    ),
)  # fmt: skip

_SERVER: Final = (
    *_answered("put", put, _C.SERVER, _C.SERVER_FULL, _C.ALWAYS_FORBIDDEN, _C.UNSUPPORTED_FEATURE),
    *_answered("put", put, _C.DEVICE_OVERLOAD, _C.LOST_CONFLICT, _C.UNASSIGNED_31, _C.INVALID_GEOJSON),
    *_answered("get", get, _C.CLUSTER),
    *_answered("increment", increment, _C.OP_NOT_APPLICABLE, _C.ELEMENT_NOT_FOUND, _C.ELEMENT_EXISTS),
    *_answered("batch", batch_read, _C.BATCH_DISABLED, _C.BATCH_MAX_REQUESTS, _C.BATCH_QUEUES_FULL),
    # The reply ends before its first row.
    Provocation(exception="NoResponse", call=batch_row, faults=lambda faults: faults.on("batch").answer(ResultCode.OK)),
    *_answered("scan", scan, _C.CLUSTER_CHANGE, _C.SCAN_ABORTED, _C.QUERY_ABORTED),
    *_answered("query", query, _C.QUERY_QUEUE_FULL, _C.QUERY_TIMEOUT, _C.QUERY, _C.QUERY_NET_IO, _C.QUERY_DUPLICATE),
    Provocation(exception="InvalidRequest", call=index_with_long_name, cause=Cause.NODE),
    Provocation(exception="NamespaceNotFound", call=get_elsewhere, cause=Cause.CLIENT),
    Provocation(exception="ForbiddenError", call=put_with_ttl, cause=Cause.NODE),
    Provocation(exception="EnterpriseOnly", call=remove_durably, cause=Cause.NODE),
    Provocation(exception="FilteredOut", call=get_filtered, cause=Cause.NODE),
)

_INDEXES: Final = (
    Provocation(exception="IndexFoundError", call=index_otherwise, before=index_strings, cause=Cause.NODE),
    Provocation(exception="IndexNotFound", call=index_unknown, cause=Cause.NODE),
    # A query does not name its index.
    Provocation(exception="IndexNotFound", call=query_without_index, cause=Cause.NODE, more=True),
    *_answered(
        "sindex-create", index_create, _C.INDEX, _C.INDEX_OOM, _C.INDEX_NAME_MAX_LEN, _C.INDEX_NAME_MAX_COUNT,
    ),
    *_answered("sindex-delete", index_remove, _C.INDEX_NOT_READABLE),
)  # fmt: skip

_UDFS: Final = (
    Provocation(exception="UDFError", call=apply_unknown, cause=Cause.NODE),
    *_answered("udf-remove", udf_remove, _C.UDF_NOT_FOUND),
    Provocation(exception="LuaFileNotFound", call=udf_put_missing, cause=Cause.CLIENT),
)


def _on_secured(code: ResultCode, call: Call, settings: dict[str, Any]) -> Iterable[Provocation]:
    """The real thing where logins are possible, and a fault where they are not."""
    name = class_of(code).__name__
    yield Provocation(exception=name, call=call, cause=Cause.NODE, secured=True, settings=settings, needs="bcrypt")
    yield from _answered("drop-user", drop_user, code)


_SECURITY: Final = (
    Provocation(exception="SecurityNotSupported", call=drop_user, cause=Cause.NODE),
    *_on_secured(_C.INVALID_USER, drop_unknown_user, _ADMIN),
    *_on_secured(_C.USER_EXISTS, create_existing_user, _ADMIN),
    *_on_secured(_C.INVALID_ROLE, create_with_unknown_role, _ADMIN),
    *_on_secured(_C.ROLE_EXISTS, create_existing_role, _ADMIN),
    *_on_secured(_C.INVALID_PRIVILEGE, create_with_unknown_privilege, _ADMIN),
    *_on_secured(_C.INVALID_WHITELIST, create_with_bad_whitelist, _ADMIN),
    *_on_secured(_C.FORBIDDEN_PASSWORD, set_password_of_certificate, _ADMIN),
    *_on_secured(_C.ROLE_VIOLATION, drop_user, _READER),
    *_on_secured(_C.INVALID_CREDENTIAL, connect, {"user": "reader", "password": "wrong"}),
    *_on_secured(_C.LDAP_NOT_CONFIGURED, connect, {**_READER, "auth_mode": AuthMode.EXTERNAL_INSECURE}),
    *_answered("create-user", create_user, _C.QUOTAS_NOT_ENABLED, _C.INVALID_QUOTA, needs="bcrypt"),
    *_answered("drop-user", drop_user, _C.NOT_AUTHENTICATED),
    Provocation(exception="NotAuthenticated", call=connect, cause=Cause.NODE, secured=True, more=True),
    *_answered(
        "drop-user", drop_user, _C.QUERY_END, _C.SECURITY_NOT_ENABLED, _C.SECURITY_SCHEME_NOT_SUPPORTED,
        _C.INVALID_COMMAND, _C.INVALID_FIELD, _C.ILLEGAL_STATE, _C.INVALID_PASSWORD, _C.EXPIRED_PASSWORD,
        _C.EXPIRED_SESSION,
        _C.QUOTAS_NOT_ENABLED, _C.INVALID_QUOTA, _C.NOT_WHITELISTED, _C.QUOTA_EXCEEDED, _C.LDAP_SETUP,
        _C.LDAP_TLS_SETUP, _C.LDAP_AUTHENTICATION, _C.LDAP_QUERY,
    ),
)  # fmt: skip

_CLIENT: Final = (
    Provocation(exception="TimeoutError", call=put_impatient, faults=lambda faults: faults.on("put").hang()),
    Provocation(exception="TimeoutError", call=get_impatient, faults=lambda faults: faults.on("get").hang(), more=True),
    *_answered("put", put, _C.TIMEOUT, more=True),
    Provocation(exception="ClientError", call=get, faults=lambda faults: faults.on("get").garbage()),
    Provocation(exception="ParamError", call=get_impossible_key, cause=Cause.CLIENT),
    # An empty label can be looked up nowhere: the resolver refuses it without asking a name server.
    Provocation(exception="InvalidHostError", call=connect, hosts="db..example:3000", cause=Cause.CLIENT),
    Provocation(
        exception="ConnectionError", call=put, faults=lambda faults: faults.on("put").close(after=True)
    ),
    Provocation(
        exception="NoMoreConnectionsError", call=scan_at_once, beside=scan_slowly,
        faults=lambda faults: faults.on("scan").hang(),
        settings={"max_conns_per_node": 1, "wait_for_connection": False},
    ),
    Provocation(
        exception="MaxErrorRateExceeded", call=put_eagerly, settings={"max_error_rate": 1},
        faults=lambda faults: faults.on("put").answer(ResultCode.DEVICE_OVERLOAD),
    ),
)  # fmt: skip

CATALOGUE: Final = (*_RECORDS, *_SERVER, *_INDEXES, *_UDFS, *_SECURITY, *_CLIENT)

CAUSE_OF: Final = {"ProtocolError": "ClientError"}
"""Classes that are never raised themselves, but are the cause of what is."""

_NO_TRANSACTIONS: Final = "this version begins no transactions"

UNRAISED: Final[dict[str, str]] = {
    **{
        row.exception: "only other Aerospike clients raise it; here its number has a name"
        for row in FACTS.values()
        if row.sender is Sender.PEER_CLIENT and row.exception not in {None, "UDFNotFound"}
    },
    "BatchFailed": "this version reports the rows of a batch one by one",
    "ClientAbortError": "this version has no call that stops a query",
    "InvalidNodeError": "it needs a partition without an active node; the one node here has all partitions",
    "TLSError": "this version makes no TLS connections",
    "TransactionFailed": _NO_TRANSACTIONS,
    "TransactionAlreadyCommitted": _NO_TRANSACTIONS,
    "TransactionAlreadyAborted": _NO_TRANSACTIONS,
}
"""Classes that no call of this client raises, and why."""
