"""The official client manages users, roles, indexes, modules and nodes of the embedded node as of a real one.

No real node with security was at hand: what its answers mean to the official client is in
that client's own tests and documentation, which these calls follow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from cases import for_each
from judge.calls import modules_of_official_clients

from aerospike_wire import Client, compat, errors
from aerospike_wire.embedded import EmbeddedServer

if TYPE_CHECKING:
    from collections.abc import Iterator

aerospike = pytest.importorskip("aerospike")
pytest.importorskip("bcrypt")

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

PATIENT = {"timeout": 20_000}
"""Milliseconds; the machine may be busy."""
ADMIN = ("admin", "s3cr3t")
USERS = {"admin": (ADMIN[1], ["user-admin", "sys-admin", "data-admin", "read-write-udf"]), "reader": ("pw", ["read"])}


@pytest.fixture(scope="module")
def secured() -> Iterator[EmbeddedServer]:
    """A node with security."""
    with EmbeddedServer(users=USERS) as server:
        yield server


def connect(server: EmbeddedServer, user: str, password: str) -> Any:
    """The official client, logged in."""
    return aerospike.client(
        {
            "hosts": server.seeds,
            "user": user,
            "password": password,
            "policies": {"login_timeout_ms": 20_000},
            "lua": {"user_path": modules_of_official_clients()},
        }
    )


@pytest.fixture(scope="module")
def official(secured: EmbeddedServer) -> Iterator[Any]:
    """The official client as the administrator."""
    client = connect(secured, *ADMIN)
    yield client
    client.close()


def ours(server: EmbeddedServer) -> Client:
    """Our client as the administrator."""
    return Client(server.seeds, user=ADMIN[0], password=ADMIN[1], policies={"total_timeout": 20_000})


def facts(call: Any) -> tuple[str, int]:
    """Class and code that a call of the official client ends with."""
    with pytest.raises(aerospike.exception.AerospikeError) as caught:
        call()
    return type(caught.value).__name__, caught.value.args[0]


def test_users(official: Any, secured: EmbeddedServer) -> None:
    """Made, told, given and deprived of roles, given passwords, dropped."""
    assert official.admin_create_user("ann", "pw", ["read", "read-write"], PATIENT) == 0
    assert official.admin_create_pki_user("cert", ["read"], PATIENT) == 0
    told = official.admin_query_user_info("ann", PATIENT)
    assert (told["roles"], told["conns_in_use"]) == (["read", "read-write"], 0)
    assert {told["read_info"], told["write_info"]} <= {0, None}  # no counts are either to the official client
    assert set(official.admin_query_users_info(PATIENT)) == {"admin", "reader", "ann", "cert"}
    assert official.admin_query_users_info(PATIENT)["admin"]["conns_in_use"] > 0
    assert official.admin_grant_roles("ann", ["sys-admin"], PATIENT) == 0
    assert official.admin_revoke_roles("ann", ["read"], PATIENT) == 0
    assert official.admin_query_user_info("ann", PATIENT)["roles"] == ["read-write", "sys-admin"]
    assert official.admin_set_password("ann", "new", PATIENT) == 0
    assert facts(lambda: official.admin_set_password("cert", "new", PATIENT)) == ("ForbiddenPassword", 64)
    ann = connect(secured, "ann", "new")
    assert ann.admin_change_password("ann", "newer", PATIENT) == 0
    assert facts(lambda: ann.admin_drop_user("reader", PATIENT)) == ("RoleViolation", 81)
    ann.close()
    assert facts(lambda: connect(secured, "ann", "new"))[1] in {62, 65}
    connect(secured, "ann", "newer").close()
    for name in ("ann", "cert"):
        assert official.admin_drop_user(name, PATIENT) == 0
    assert facts(lambda: official.admin_query_user_info("ann", PATIENT)) == ("InvalidUser", 60)


def test_roles(official: Any) -> None:
    """Made with everything, changed, told, dropped."""
    privileges = [{"code": aerospike.PRIV_READ, "ns": "test", "set": "demo"}, {"code": aerospike.PRIV_SYS_ADMIN}]
    whitelist = ["127.0.0.1", "10.1.2.0/24"]
    assert official.admin_create_role("r", privileges, PATIENT, whitelist, 20, 30) == 0
    told = [{"code": 10, "ns": "test", "set": "demo"}, {"code": 1, "ns": "", "set": ""}]
    wanted = {"privileges": told, "whitelist": whitelist, "read_quota": 20, "write_quota": 30}
    assert official.admin_get_role("r", PATIENT) == wanted
    assert official.admin_get_roles(PATIENT)["r"] == wanted
    assert official.admin_query_role("r", PATIENT) == told
    assert set(official.admin_query_roles(PATIENT)) >= {"r", "read", "user-admin"}
    assert official.admin_grant_privileges("r", [{"code": aerospike.PRIV_WRITE}], PATIENT) == 0
    assert official.admin_revoke_privileges("r", privileges, PATIENT) == 0
    assert official.admin_set_whitelist("r", [], PATIENT) == 0
    assert official.admin_set_quotas("r", read_quota=250, policy=PATIENT) == 0
    assert official.admin_get_role("r", PATIENT) == {
        "privileges": [{"code": 13, "ns": "", "set": ""}], "whitelist": [], "read_quota": 250, "write_quota": 30,
    }  # fmt: skip
    assert official.admin_drop_role("r", PATIENT) == 0
    assert facts(lambda: official.admin_get_role("r", PATIENT)) == ("InvalidRole", 70)


REFUSED: list[tuple[str, list[Any], str, int]] = [
    ("admin_create_user", ["reader", "pw", ["read"]], "UserExistsError", 61),
    ("admin_create_user", ["new", "pw", ["king"]], "InvalidRole", 70),
    ("admin_create_user", ["", "pw", ["read"]], "InvalidUser", 60),
    ("admin_drop_user", ["nobody"], "InvalidUser", 60),
    ("admin_set_password", ["nobody", "pw"], "InvalidUser", 60),
    ("admin_grant_roles", ["nobody", ["read"]], "InvalidUser", 60),
    ("admin_grant_roles", ["reader", []], "InvalidRole", 70),
    ("admin_revoke_roles", ["reader", ["king"]], "InvalidRole", 70),
    ("admin_query_user_info", ["nobody"], "InvalidUser", 60),
    ("admin_create_role", ["read", [{"code": 10}]], "RoleExistsError", 71),
    ("admin_create_role", ["odd", [{"code": 64}]], "InvalidPrivilege", 72),
    ("admin_drop_role", ["king"], "InvalidRole", 70),
    ("admin_drop_role", ["read"], "InvalidRole", 70),
    ("admin_grant_privileges", ["king", [{"code": 10}]], "InvalidRole", 70),
    ("admin_grant_privileges", ["mine", []], "InvalidPrivilege", 72),
    ("admin_revoke_privileges", ["king", [{"code": 10}]], "InvalidRole", 70),
    ("admin_set_whitelist", ["king", ["10.0.0.1"]], "InvalidRole", 70),
    ("admin_set_whitelist", ["mine", ["everywhere"]], "InvalidWhitelist", 73),
    ("admin_set_quotas", ["king", 1, 2], "InvalidRole", 70),
    ("admin_get_role", ["king"], "InvalidRole", 70),
    ("admin_query_role", ["king"], "InvalidRole", 70),
]


@for_each(("method", "args", "name", "code"), REFUSED, ids=[f"{r[0]}-{r[3]}-{i}" for i, r in enumerate(REFUSED)])
def test_refusals(official: Any, secured: EmbeddedServer, method: str, args: list[Any], name: str, code: int) -> None:
    """Both clients end with the same class and code; ours says the user and role too, or refuses before it asks."""
    if "mine" in args:
        official.admin_create_role("mine", [{"code": 10}], PATIENT)
    try:
        assert facts(lambda: getattr(official, method)(*args)) == (name, code)
        with ours(secured) as client, pytest.raises(errors.AerospikeError) as caught:
            getattr(client, method)(*args)
        error = caught.value
        if isinstance(error, errors.ParamError):
            assert not all(args)  # what is empty is not sent
        else:
            assert isinstance(error, errors.AdminError)
            assert (type(error).__name__, error.code) == (name, code)
            assert args[0] in {error.user, error.role}
    finally:
        if "mine" in args:
            official.admin_drop_role("mine", PATIENT)


def test_commands_of_users_with_few_rights(secured: EmbeddedServer) -> None:
    """Data and info commands without the permission are refused with the classes of a real node's answers."""
    reader = connect(secured, "reader", "pw")
    try:
        key = ("test", "demo", 1)
        assert facts(lambda: reader.put(key, {"a": 1})) == ("RoleViolation", 81)
        assert facts(lambda: reader.remove(key)) == ("RoleViolation", 81)
        assert facts(lambda: reader.apply(key, "m", "f", [])) == ("RoleViolation", 81)
        assert facts(lambda: reader.get(key)) == ("RecordNotFound", 2)
        # truncate() itself would keep the node, which is in the same process, from answering.
        truncate = "truncate:namespace=test;set=demo"
        assert facts(lambda: reader.info_random_node(truncate)) == ("RoleViolation", 81)
        assert facts(lambda: reader.index_remove("test", "ix")) == ("RoleViolation", 81)
        assert facts(reader.admin_query_users_info) == ("RoleViolation", 81)
        assert reader.admin_query_user_info("reader")["roles"] == ["read"]
        rows = reader.batch_read([key]).batch_records
        assert [row.result for row in rows] == [2]
    finally:
        reader.close()


def test_quota(official: Any, secured: EmbeddedServer) -> None:
    """A user over the quota is refused with 83 until the second is over."""
    official.admin_create_role("slow", [{"code": aerospike.PRIV_READ_WRITE}], PATIENT, [], 2, 0)
    official.admin_create_user("snail", "pw", ["slow"], PATIENT)
    snail = connect(secured, "snail", "pw")
    try:
        secured.clock.source = lambda: 1_700_000_000.0
        assert [snail.exists(("test", "demo", n))[1] for n in range(2)] == [None, None]
        assert facts(lambda: snail.exists(("test", "demo", 3))) == ("QuotaExceeded", 83)
        assert official.admin_query_user_info("snail", PATIENT)["read_info"] == [2, 2, 0, 0]
        assert facts(lambda: snail.query("test", "demo").results()) == ("QuotaExceeded", 83)
        secured.clock.advance(1)
        assert snail.exists(("test", "demo", 3))[1] is None
    finally:
        snail.close()
        official.admin_drop_user("snail", PATIENT)
        official.admin_drop_role("slow", PATIENT)


def test_whitelist(official: Any, secured: EmbeddedServer) -> None:
    """A user of a role that names other addresses cannot log in."""
    official.admin_create_role("far", [{"code": aerospike.PRIV_READ}], PATIENT, ["10.0.0.0/8"])
    official.admin_create_user("traveller", "pw", ["far"], PATIENT)
    try:
        assert facts(lambda: connect(secured, "traveller", "pw"))[1] == 82
    finally:
        official.admin_drop_user("traveller", PATIENT)
        official.admin_drop_role("far", PATIENT)


def test_nodes_and_info(official: Any, secured: EmbeddedServer) -> None:
    """Both clients are told the same in the same form."""
    with ours(secured) as mine:
        assert official.get_nodes() == mine.get_nodes()
        assert official.get_node_names() == mine.get_node_names()
        assert official.info_all("partitions") == mine.info_all("partitions")
        name = mine.get_node_names()[0]["node_name"]
        for command in ("build", "edition", "namespaces", "build\nnode"):
            assert official.info_single_node(command, name) == mine.info_single_node(command, name)
            assert official.info_random_node(command) == mine.info_random_node(command)


def test_indexes_and_modules_made_by_one_client_are_the_others(official: Any, secured: EmbeddedServer) -> None:
    """What one client creates, the other finds and removes."""
    with ours(secured) as mine:
        official.index_list_create("test", "demo", "l", aerospike.INDEX_STRING, "theirs")
        (row,) = mine.index_list("test")
        assert (row.name, row.index_type, row.datatype) == ("theirs", "list", "string")
        mine.index_remove("test", "theirs", strict=True)
        mine.index_integer_create("test", "demo", "a", "mine")
        official.index_remove("test", "mine", PATIENT)
        assert mine.index_list() == []
        mine.udf_put("mine.lua", source="function f(rec) return 1 end")
        (module,) = official.udf_list(PATIENT)
        assert module == mine.udf_list()[0]
        assert official.udf_get("mine.lua", aerospike.UDF_TYPE_LUA, PATIENT) == mine.udf_get("mine.lua")


def test_the_facade_keeps_what_is_not_given(official: Any, secured: EmbeddedServer) -> None:
    """Quotas that are left out, users by keyword, an empty password, a user that was never there: as the official."""
    facade = compat.client({"hosts": secured.seeds, "user": ADMIN[0], "password": ADMIN[1]})
    found = []
    for client in (official, facade):
        assert client.admin_create_user(user="blank", password="", roles=["read"], policy=PATIENT) == 0
        told = client.admin_query_user_info(user="blank", policy=PATIENT)
        client.admin_create_role("kept", [{"code": 10}], PATIENT, [], 20, 30)
        client.admin_set_quotas("kept", write_quota=4, policy=PATIENT)
        found.append((told, client.admin_get_role("kept", PATIENT)))
        client.admin_drop_user("blank", PATIENT)
        client.admin_drop_role("kept", PATIENT)
    facade.close()
    assert found[0] == found[1]
    assert found[0][1]["read_quota"] == 20
