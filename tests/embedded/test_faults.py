"""Faults on request: which requests a rule is about, and what becomes of them."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from cases import for_each
from wire import (
    GET_ALL,
    NO_BINS,
    READ,
    WRITE,
    Wire,
    batch,
    bins_of,
    command,
    get,
    op,
    put,
    query,
    remove,
    row,
)

from aerospike_wire.embedded import EmbeddedServer, Fault
from aerospike_wire.errors.codes import ResultCode
from aerospike_wire.proto import admin, msgpack
from aerospike_wire.proto.admin import AdminCommand
from aerospike_wire.proto.fields import Field
from aerospike_wire.proto.header import FrameType, frame, read_frame_header
from aerospike_wire.proto.message import OpCode

if TYPE_CHECKING:
    from collections.abc import Callable

    from aerospike_wire.embedded.faults import When

APPLY = command(1, info2=WRITE, extra={Field.UDF_MODULE: b"m", Field.UDF_FUNCTION: b"f", Field.UDF_ARGUMENTS: b"\x90"})
DATA = {
    "get": get(1),
    "select": command(1, info1=READ, ops=[op(OpCode.READ, "a")]),
    "exists": command(1, info1=READ | NO_BINS),
    "put": put(1, {"a": 1}),
    "remove": remove(1),
    "remove_bin": put(1, {"a": None}),
    "touch": command(1, info2=WRITE, ops=[op(OpCode.TOUCH)]),
    "append": command(1, info2=WRITE, ops=[op(OpCode.APPEND, "s", "x")]),
    "prepend": command(1, info2=WRITE, ops=[op(OpCode.PREPEND, "s", "x")]),
    "increment": command(1, info2=WRITE, ops=[op(OpCode.INCREMENT, "a", 1)]),
    "operate": command(1, info1=READ, info2=WRITE, ops=[op(OpCode.INCREMENT, "a", 1), op(OpCode.READ, "a")]),
    "apply": APPLY,
    "batch_read": batch(row(0, 1, info1=READ | GET_ALL)),
    "batch_write": batch(row(0, 1, info1=READ | GET_ALL), row(1, 2, info2=WRITE, ops=[op(OpCode.WRITE, "a", 1)])),
    "batch_operate": batch(row(1, 2, info2=WRITE, ops=[op(OpCode.WRITE, "a", 1)])),
    "batch_remove": batch(row(1, 2, info2=WRITE | 0x02)),
    "scan": query(),
}
"""One request of each kind."""
ALSO = {
    "put": {"write"},
    "remove": {"write"},
    "remove_bin": {"put", "write"},
    "touch": {"write"},
    "append": {"write"},
    "prepend": {"write"},
    "increment": {"write"},
    "operate": {"write"},
    "apply": {"write"},
    "get": {"read"},
    "select": {"read"},
    "exists": {"read"},
    "scan": {"query"},
    "batch_read": {"batch"},
    "batch_write": {"batch"},
    "batch_operate": {"batch"},
    "batch_remove": {"batch"},
}
"""What else each may be called."""


def lines(server: EmbeddedServer) -> list[str]:
    """The rules as people read them."""
    return [repr(rule) for rule in server.faults.rules]


# Which requests


@for_each("name", [*DATA, "batch", "query", "read", "write"])
def test_command_is_known_by_its_bytes(server: EmbeddedServer, wire: Wire, name: str) -> None:
    """A rule hits the requests of its kind and no others."""
    server.faults.clear()
    rule = server.faults.on(name).answer(150)
    expected = 0
    for kind, request in DATA.items():
        if kind == name or name in ALSO[kind]:
            expected += 1
            assert wire.ask(request).result == 150
        elif kind.startswith("batch") or kind == "scan":
            messages, _ = wire.stream(request)
            assert messages[-1].result != 150
        else:
            assert wire.ask(request).result != 150
    assert rule.hits == expected


def test_any_is_every_data_message_and_no_housekeeping(server: EmbeddedServer, wire: Wire) -> None:
    """Clients can still find their way about a node all of whose commands fail."""
    rule = server.faults.on("any").answer(9)
    for request in DATA.values():
        assert wire.ask(request).result == 9
    assert wire.info("build") == {"build": "8.1.2.0"}
    assert rule.hits == len(DATA)


def test_condition_on_the_record(server: EmbeddedServer, wire: Wire) -> None:
    """A rule may be about one record, one set or one namespace."""
    server.faults.on("put", key=("test", "demo", 1)).answer(ResultCode.DEVICE_OVERLOAD)
    server.faults.on("put", set="users").answer(14)
    server.faults.on("put", namespace="bar").answer(8)
    assert wire.ask(put(1, {"a": 1})).result == 18
    assert wire.ask(put(2, {"a": 1})).result == 0
    assert wire.ask(put(1, {"a": 1}, set_name="users")).result == 14
    assert wire.ask(put(2, {"a": 1}, namespace="bar")).result == 8


def test_condition_on_a_row(server: EmbeddedServer, wire: Wire) -> None:
    """A batch matches if one of its rows does."""
    server.faults.on("batch", key=("test", "demo", 2)).answer(152)
    assert wire.ask(batch(row(0, 1, info1=READ | GET_ALL), row(1, 2, info1=READ | GET_ALL))).result == 152
    messages, _ = wire.stream(batch(row(0, 1, info1=READ | GET_ALL)))
    assert messages[-1].result == 0


def test_times_and_order(server: EmbeddedServer, wire: Wire) -> None:
    """The first live rule wins; one that is used up lets the next have its turn."""
    first = server.faults.on("get").times(2).answer(9)
    second = server.faults.on("get").once().answer(14)
    assert [wire.ask(get(1)).result for _ in range(4)] == [9, 9, 14, 2]
    assert (first.hits, second.hits) == (2, 1)
    assert not first.live
    assert server.faults.rules == (first, second)


def test_probability_with_a_seed(wire: Wire, server: EmbeddedServer) -> None:
    """The same seed gives the same luck."""
    runs = []
    for _ in range(2):
        rule = server.faults.on("get").with_probability(0.3, seed=7).answer(9)
        runs.append([wire.ask(get(1)).result for _ in range(50)])
        rule.remove()
    assert runs[0] == runs[1]
    assert 5 < runs[0].count(9) < 25


def test_remove_and_clear(server: EmbeddedServer, wire: Wire) -> None:
    """Rules that are gone do nothing any more."""
    rule = server.faults.on("get").answer(9)
    server.faults.on("get").answer(14)
    rule.remove()
    rule.remove()
    assert wire.ask(get(1)).result == 14
    server.faults.clear()
    assert wire.ask(get(1)).result == 2
    assert server.faults.rules == ()
    assert not server.faults


# What becomes of them


def test_answer_leaves_the_record_alone(server: EmbeddedServer, wire: Wire) -> None:
    """A refused write has not happened; with execute=True it has."""
    rule = server.faults.on("put").answer(9)
    reply = wire.ask(put(1, {"a": 1}))
    assert (reply.result, reply.header.generation, reply.ops) == (9, 0, [])
    assert wire.ask(get(1)).result == 2
    rule.remove()
    server.faults.on("put").answer(9, execute=True)
    assert wire.ask(put(1, {"a": 1})).result == 9
    assert bins_of(wire.ask(get(1))) == {"a": 1}


def test_answer_to_a_batch_and_a_query(server: EmbeddedServer, wire: Wire) -> None:
    """A batch as a whole is refused by its last message, a query by a message that ends no stream."""
    server.faults.on("any").answer(11)
    refusal = wire.ask(DATA["batch_read"])
    assert (refusal.result, refusal.last) == (11, True)
    refusal = wire.ask(query())
    assert (refusal.result, refusal.last) == (11, False)


def test_answer_to_a_udf_call(server: EmbeddedServer, wire: Wire) -> None:
    """A failing function tells its text in the FAILURE bin."""
    server.faults.on("apply").answer(100, "/opt/m.lua:3: boom")
    reply = wire.ask(APPLY)
    assert reply.result == 100
    assert bins_of(reply) == {"FAILURE": "/opt/m.lua:3: boom"}


def test_error_details_for_clients_that_ask(server: EmbeddedServer, wire: Wire) -> None:
    """The text of a data message travels in the error details, if the request wants them."""
    server.faults.on("get").answer(4, "bad luck", subcode=12)
    assert wire.ask(get(1)).fields == {}
    details = wire.ask(get(1, info4=1 << 5)).fields[Field.ERROR_DETAILS]
    assert msgpack.unpack(details) == {1: 12}
    details = wire.ask(get(1, info4=2 << 5)).fields[Field.ERROR_DETAILS]
    assert details == b"\x82\x01\x0c\x02\xa8bad luck"


def test_answer_to_an_info_command(server: EmbeddedServer, wire: Wire) -> None:
    """Only the line that matches fails, by a text that may hold any number."""
    server.faults.on("truncate", set="users").answer(1301, "no way")
    server.faults.on("cluster-name").answer(7)
    found = wire.info("build", "truncate:namespace=test;set=users", "truncate:namespace=test;set=demo", "cluster-name")
    assert found == {
        "build": "8.1.2.0",
        "truncate:namespace=test;set=users": "ERROR:1301:no way",
        "truncate:namespace=test;set=demo": "ok",
        "cluster-name": "ERROR:7:refused on request",
    }


def test_answer_to_every_info_command(server: EmbeddedServer, wire: Wire) -> None:
    """The name info stands for all of them."""
    server.faults.on("info").answer(80)
    assert wire.info("build", "node") == {"build": "ERROR:80:refused on request", "node": "ERROR:80:refused on request"}


@for_each(
    ("name", "kind"),
    [
        ("create-user", AdminCommand.CREATE_USER),
        ("admin_create_user", AdminCommand.CREATE_USER),
        ("login", AdminCommand.LOGIN),
        ("admin_query_roles", AdminCommand.QUERY_ROLES),
        ("admin", AdminCommand.DROP_USER),
    ],
)
def test_answer_to_a_security_command(server: EmbeddedServer, wire: Wire, name: str, kind: AdminCommand) -> None:
    """Security messages are refused in their own header."""
    server.faults.on(name).answer(60)
    wire.send(admin.request(kind))
    answered, body = wire.frame()
    assert answered == FrameType.ADMIN
    assert [message.result for message in admin.parse(body)] == [60]


def test_delay(server: EmbeddedServer, wire: Wire) -> None:
    """A delayed request is answered normally, later."""
    server.faults.on("get").delay(80)
    begin = time.monotonic()
    assert wire.ask(get(1)).result == 2
    assert 0.07 < time.monotonic() - begin < 1


def test_requests_behind_a_delayed_one_wait(server: EmbeddedServer, wire: Wire) -> None:
    """Replies of a connection keep their order, whatever happens to one of them."""
    server.faults.on("get").delay(50)
    wire.send(get(1) + put(1, {"a": 1}) + command(1, info1=READ | NO_BINS))
    assert [wire.frame()[1][5] for _ in range(3)] == [2, 0, 0]


def test_hang_until_removed(server: EmbeddedServer, wire: Wire) -> None:
    """A hanging request says nothing, until its rule goes: then it is answered normally."""
    rule = server.faults.on("get").hang()
    wire.send(get(1))
    wire.socket.settimeout(0.1)
    with pytest.raises(TimeoutError):
        wire.socket.recv(1)
    wire.socket.settimeout(5)
    rule.remove()
    assert wire.frame()[1][5] == 2
    assert rule.hits == 1


def test_hanging_request_of_a_client_that_left(server: EmbeddedServer) -> None:
    """A rule may be removed after the client has lost patience."""
    rule = server.faults.on("get").hang()
    with Wire(server) as wire:
        wire.send(get(1))
        while not rule.hits:
            time.sleep(0.01)
    time.sleep(0.05)
    server.faults.clear()
    with Wire(server) as wire:
        assert wire.ask(get(1)).result == 2


@pytest.mark.parametrize(
    ("options", "happened"),
    [({}, False), ({"before": True}, False), ({"after": True}, True), ({"before": False}, True)],
)
def test_close(server: EmbeddedServer, options: dict[str, bool], happened: bool) -> None:
    """The connection closes without an answer, before or after the write."""
    server.faults.on("put").once().close(**options)
    with Wire(server) as wire:
        wire.send(put(1, {"a": 1}))
        assert wire.closed()
    with Wire(server) as wire:
        assert wire.ask(get(1)).result == (0 if happened else 2)


def test_close_lets_earlier_replies_through(server: EmbeddedServer, wire: Wire) -> None:
    """What was answered before the fault arrives, what comes after it does not happen."""
    server.faults.on("get").close()
    wire.send(put(1, {"a": 1}) + get(1) + put(2, {"a": 1}))
    assert wire.frame()[1][5] == 0
    assert wire.closed()
    server.faults.clear()
    with Wire(server) as again:
        assert again.ask(get(2)).result == 2


def test_half_frame(server: EmbeddedServer, wire: Wire) -> None:
    """Half of the reply comes, then the end."""
    server.faults.on("put").half_frame()
    wire.send(put(1, {"a": 1}))
    assert wire.receive(30) == bytes.fromhex("0203000000000016") + bytes.fromhex("16000000000000")
    server.faults.clear()
    with Wire(server) as again:
        assert again.ask(get(1)).result == 0


def test_garbage(server: EmbeddedServer, wire: Wire) -> None:
    """What comes is no frame."""
    server.faults.on("get").garbage()
    wire.send(get(1))
    assert wire.receive(64)[0] != 2


def test_wrong_size(server: EmbeddedServer, wire: Wire) -> None:
    """The header claims more than any peer may believe, or what the test wants."""
    server.faults.on("get").wrong_size(100)
    server.faults.on("put").wrong_size()
    wire.send(get(1))
    assert read_frame_header(wire.receive(8)) == (FrameType.MESSAGE, 100)
    assert len(wire.receive(22)) == 22
    wire.send(put(1, {"a": 1}))
    assert int.from_bytes(wire.receive(8)[2:], "big") == 128 * 1024 * 1024 + 1


@pytest.mark.parametrize("kind", ["info", "admin", "batch", "query"])
@pytest.mark.parametrize("fault", ["close", "half_frame", "garbage"])
def test_faults_of_other_frames(server: EmbeddedServer, wire: Wire, kind: str, fault: str) -> None:
    """Transport faults work for every kind of frame."""
    getattr(server.faults.on(kind), fault)()
    requests = {
        "info": frame(FrameType.INFO, b"build\nnode\n"),
        "admin": admin.request(AdminCommand.LOGIN),
        "batch": DATA["batch_read"],
        "query": DATA["scan"],
    }
    wire.send(requests[kind])
    if fault == "close":
        assert wire.closed()
    elif fault == "garbage":
        assert wire.receive(64)[0] != 2
    else:
        data = wire.receive(1000)
        assert 0 < len(data) < 200


def test_rules_may_be_changed_from_other_threads(server: EmbeddedServer, wire: Wire) -> None:
    """Requests go on while rules come and go."""
    stop = threading.Event()

    def churn() -> None:
        while not stop.is_set():
            rule = server.faults.on("get").with_probability(0.5).answer(9)
            rule.remove()
            server.faults.clear()

    threads = [threading.Thread(target=churn) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        assert {wire.ask(get(1)).result for _ in range(300)} <= {2, 9}
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert server.faults.rules == ()


# How rules read


def test_rules_read_as_sentences(server: EmbeddedServer) -> None:
    """A rule's repr says what it is about and what it does."""
    on = server.faults.on
    on("put", key=("test", "demo", 1)).answer(ResultCode.DEVICE_OVERLOAD)
    on("get", namespace="test", set="users").times(2).answer(9, "slow")
    on("any").with_probability(0.1, seed=7).close(after=True)
    on("index_create").answer(99999)
    on("get").once().delay(200)
    on("query").hang()
    on("touch").half_frame()
    on("append").garbage()
    on("login").wrong_size(9)
    removed = on("info").close()
    removed.remove()
    assert lines(server) == [
        "<on put of key ('test', 'demo', 1): answer 18 (DEVICE_OVERLOAD); 0 hits>",
        "<on get in namespace test, set users, 2 times: answer 9 (TIMEOUT), saying 'slow'; 0 hits>",
        "<on any, with probability 0.1 (seed 7): close the connection after executing it; 0 hits>",
        "<on sindex-create: answer 99999; 0 hits>",
        "<on get, 1 time: wait 200 ms, then answer normally; 0 hits>",
        "<on query: never answer; 0 hits>",
        "<on touch: send half of the reply, then close the connection; 0 hits>",
        "<on append: answer garbage; 0 hits>",
        "<on login: answer a frame that claims 9 bytes; 0 hits>",
    ]
    assert repr(removed) == "<on info: close the connection before executing it; 0 hits, removed>"
    assert removed.fault is Fault.CLOSE


@for_each(
    "sentence",
    [
        lambda on: on("fetch"),
        lambda on: on(None),
        lambda on: on("get", key=("test", "demo")),
        lambda on: on("get", key=("test", "demo", 1.5)),
        lambda on: on("get", set=5),
        lambda on: on("get", namespace=b"test"),
        lambda on: on("get").times(0),
        lambda on: on("get").times(1.5),
        lambda on: on("get").times(True),
        lambda on: on("get").with_probability(1.1),
        lambda on: on("get").with_probability("often"),
        lambda on: on("get").answer(256),
        lambda on: on("get").answer(-1),
        lambda on: on("get").answer("9"),
        lambda on: on("truncate").answer(-4),
        lambda on: on("truncate").answer(4, "two\nlines"),
        lambda on: on("truncate").answer(4, 5),
        lambda on: on("get").delay(-1),
        lambda on: on("get").delay(float("inf")),
        lambda on: on("get").delay("1"),
        lambda on: on("get").close(before=True, after=True),
        lambda on: on("get").close(before=False, after=False),
        lambda on: on("get").wrong_size(1 << 48),
    ],
)
def test_wrong_sentences(server: EmbeddedServer, sentence: Callable[[Callable[..., When]], Any]) -> None:
    """What makes no sense raises at once and leaves no rule behind."""
    with pytest.raises(ValueError, match=r"\w"):
        sentence(server.faults.on)
    assert server.faults.rules == ()
