"""Info commands: identity, topology, sets, settings, truncation, and the texts of errors."""

from __future__ import annotations

import functools
import gzip
import json
import pathlib

import pytest
from cases import for_each

from aerospike_wire import lua
from aerospike_wire.embedded import dispatch, info
from aerospike_wire.embedded.node import Node, Session
from aerospike_wire.embedded.store import Clock, NamespaceConfig, StoredRecord
from aerospike_wire.proto import info as info_text
from aerospike_wire.proto.header import FRAME_HEADER_SIZE, FrameType

DATA = pathlib.Path(__file__).parents[1] / "data" / "recorded_info.jsonl.gz"
YEAR_2020_NS = 1_577_836_800_000_000_000


@functools.cache
def recorded() -> dict[str, list[tuple[str, str]]]:
    with gzip.open(DATA, "rt") as file:
        return {row["name"]: row["exchange"] for row in map(json.loads, file)}


@pytest.fixture
def node() -> Node:
    made = Node.of("A1", [NamespaceConfig("test", ttl=False), NamespaceConfig("bar")])
    made.cluster_name = "gold"
    made.address = ("127.0.0.1", 4100)
    made.modules.path = "/data/gold/server/main/usr/udf/lua"
    return made


def ask(node: Node, command: str, session: Session | None = None) -> str:
    return info.answer(node, session or Session(), command)


def add(node: Node, name: bytes, *, set_name: bytes = b"s", at: int = 1) -> None:
    digest = name.ljust(20)
    record = StoredRecord(digest, set_name, {b"a": (1, bytes(8))}, last_update=at)
    node.namespaces["test"].records[digest] = record


@for_each("name", recorded())
def test_recorded_scenario(node: Node, name: str) -> None:
    """Every frame is answered with the very bytes that a server sent."""
    if "apply" in name and not lua.available():
        pytest.skip("needs lupa")
    session = Session("127.0.0.1:40000")
    for request, response in recorded()[name]:
        frame = bytes.fromhex(request)
        answer = dispatch.answer(node, session, frame[1], frame[FRAME_HEADER_SIZE:])
        assert (answer if isinstance(answer, bytes) else b"".join(answer)) == bytes.fromhex(response)


def test_lines_are_answered_in_order(node: Node) -> None:
    """Known, unknown and repeated lines each get their own line, in order."""
    reply = info.handle(node, Session(), b"node\nnosuch\nbuild\nnode\n")
    assert reply == b"node\tA1\nnosuch\tERROR:4:unrecognized command\nbuild\t8.1.2.0\nnode\tA1\n"


def test_line_without_newline_is_ignored(node: Node) -> None:
    """A last line that does not end in a newline is not answered."""
    assert info.handle(node, Session(), b"build") == b""
    assert info.handle(node, Session(), b"node\nbuild") == b"node\tA1\n"


def test_names_are_echoed_as_sent(node: Node) -> None:
    """An empty parameter list does not change what the line is called in the reply."""
    assert info.handle(node, Session(), b"build:\nnode/\n") == b"build:\t8.1.2.0\nnode/\tA1\n"


def test_empty_request_is_a_summary(node: Node) -> None:
    """An empty body is answered with what servers tell without being asked."""
    rows = dict(info_text.parse(info.handle(node, Session(), b"")))
    assert rows["node"] == "A1"
    assert rows["build"] == "8.1.2.0"
    assert "cluster_size=1" in rows["statistics"]


def test_bytes_that_are_no_text(node: Node) -> None:
    """A line that is not UTF-8 is an unknown command and comes back as it was."""
    assert info.handle(node, Session(), b"\xff\xfe\n") == b"\xff\xfe\tERROR:4:unrecognized command\n"


def test_too_long_name(node: Node) -> None:
    """A name of 32 characters or more is not looked at."""
    assert ask(node, "x" * 200) == "ERROR:4:unrecognized command"


@pytest.mark.parametrize(("address", "text"), [(("10.0.0.1", 3000), "10.0.0.1:3000"), (("::1", 3100), "[::1]:3100")])
def test_own_address(node: Node, address: tuple[str, int], text: str) -> None:
    """The node tells where clients reach it, IPv6 in brackets."""
    node.address = address
    assert ask(node, "service-clear-std") == text


def test_every_partition_is_here(node: Node) -> None:
    """A lone node claims all partitions of every namespace."""
    for entry in ask(node, "replicas").split(";"):
        namespace, _, rest = entry.partition(":")
        regime, count, encoded = rest.split(",")
        assert namespace in node.namespaces
        assert (regime, count, encoded) == ("0", "1", "/" * 682 + "8=")


def test_cluster_without_a_name(node: Node) -> None:
    """No cluster name is the word null."""
    node.cluster_name = None
    assert ask(node, "cluster-name") == "null"


@for_each(
    ("command", "value"),
    [
        ("cluster-stable:size=9;namespace=test", "ERROR:7:cluster not specified size"),
        ("cluster-stable:size=x", "ERROR:4:bad size"),
        ("cluster-stable:size=1000", "ERROR:4:'size' value too long"),
        ("cluster-stable:ignore-migrations=maybe", "ERROR:4:bad ignore migrations"),
        ("cluster-stable:namespace=nope", "ERROR:20:namespace not found on node"),
        ("replicas:max=x", "ERROR:4:bad max"),
        ("rack-ids", "ERROR:25:enterprise only"),
        ("racks:namespace=test", "ERROR:25:enterprise only"),
        ("namespace/nope", "type=unknown"),
        ("sets/nope", "ns_type=unknown"),
        ("sets/test/nope", ""),
        ("get-config:context=nope", "ERROR:4:invalid context"),
        ("set-config:context=foo;a=b", "ERROR:4:invalid context"),
        ("set-config:context=service;no-such=1", "ERROR:4:invalid set-config parameter"),
        ("set-config:context=namespace;namespace=test;default-ttl=-1", "ERROR:4:invalid set-config parameter"),
        ("truncate:", "ERROR:20:missing 'namespace'"),
        ("truncate:namespace=;set=a", "ERROR:20:missing 'namespace' value"),
        ("truncate:namespace=test", "ERROR:4:missing 'set'"),
        ("truncate:namespace=test;set=" + "s" * 64, "ERROR:4:'set' value too long"),
        ("truncate:namespace=" + "n" * 32 + ";set=a", "ERROR:20:'namespace' value too long"),
        ("truncate:namespace=test;set=a;lut=abc", "ERROR:4:would truncate to 0"),
        ("truncate:namespace=test;set=a;lut=-5", "ERROR:4:would truncate in the future"),
        ("truncate:namespace=test;set=a;lut=99999999999999999999", "ERROR:4:would truncate in the future"),
        ("truncate:namespace=test;set=a;lut=" + "9" * 5000, "ERROR:4:'lut' value too long"),
        ("truncate:namespace=nope;set=a", "ok"),
        ("user-agent-set:value=@@@", "ERROR:4:'value' invalid base64"),
        ("user-agent-set:value=" + "a" * 89, "ERROR:4:'value' value too long"),
        ("query-show:id=5", "ERROR:2:job not found"),
        ("query-show:id=x", "ERROR:4:bad id"),
        ("query-abort:id=5", "ERROR:2:id not active"),
        ("query-abort-all:", "number-of-queries-killed:0"),
        ("histogram:namespace=test;type=zz", "ERROR:4:unknown hist name"),
    ],
)
def test_texts(node: Node, command: str, value: str) -> None:
    """What is missing, unknown or out of range is answered in a server's words."""
    assert ask(node, command) == value


def test_user_agent_is_set_once(node: Node) -> None:
    """A connection says once what it is; the second attempt is refused."""
    session = Session()
    assert ask(node, "user-agent-set:value=YWJj", session) == "ok"
    assert session.user_agent == "YWJj"
    assert ask(node, "user-agent-set:value=YWJj", session) == "ERROR:4:already set"
    assert ask(node, "user-agents", session) == "user-agent=YWJj:count=1;"


def test_counts_are_real(node: Node) -> None:
    """Numbers of objects come from what the node holds."""
    add(node, b"one")
    add(node, b"two", set_name=b"t")
    assert ";objects=2;" in ask(node, "statistics")
    assert "objects=2;" in ask(node, "namespace/test")
    assert ask(node, "sets/test/s").startswith("objects=1:")
    assert ask(node, "sets").count("ns=test:set=") == 2
    assert ask(node, "sets/bar") == ""


def test_truncate_drops_what_is_older(node: Node) -> None:
    """Records of the set that were last changed before the time go, others stay."""
    now = node.clock.milliseconds()
    add(node, b"old", at=5)
    add(node, b"new", at=now)
    add(node, b"other", set_name=b"t", at=5)
    assert ask(node, f"truncate:namespace=test;set=s;lut={YEAR_2020_NS}") == "ok"
    assert {digest.strip() for digest in node.namespaces["test"].records} == {b"new", b"other"}
    assert "truncate_lut=0:" not in ask(node, "sets/test/s")
    assert ask(node, "truncate-undo:namespace=test;set=s") == "ok"
    assert "truncate_lut=0:" in ask(node, "sets/test/s")


def test_truncate_now_takes_all(node: Node) -> None:
    """Without a time everything goes, also what was written in the same millisecond."""
    node.clock = Clock(source=lambda: 1_700_000_000.0)
    add(node, b"now", at=node.clock.milliseconds())
    add(node, b"other", set_name=b"t", at=node.clock.milliseconds())
    assert ask(node, "truncate:namespace=test;set=s") == "ok"
    assert len(node.namespaces["test"].records) == 1
    assert ask(node, "truncate-namespace:namespace=test") == "ok"
    assert not node.namespaces["test"].records


def test_settings_can_be_changed(node: Node) -> None:
    """A setting that the node has is changed and told."""
    assert ask(node, "set-config:context=namespace;namespace=bar;default-ttl=60") == "ok"
    assert ask(node, "set-config:context=namespace;namespace=bar;max-record-size=4096") == "ok"
    settings = ask(node, "get-config:context=namespace;namespace=bar")
    assert ";default-ttl=60;max-record-size=4096;" in settings
    assert "nsup-period=0" in ask(node, "get-config:context=namespace;namespace=test")


def test_login_is_needed_first(node: Node) -> None:
    """With security on, a connection without a login gets one line and no answers."""
    node.security.enabled = True
    assert info.handle(node, Session(), b"node\nbuild\n") == b"ERROR:80:not authenticated\n"


def test_frame(node: Node) -> None:
    """An info frame is answered with an info frame."""
    answer = dispatch.answer(node, Session(), FrameType.INFO, b"status\n")
    assert answer == bytes.fromhex("0201") + (10).to_bytes(6, "big") + b"status\tok\n"
