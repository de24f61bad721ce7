"""The info protocol: lines of text."""

from __future__ import annotations

import contextlib
import re

import pytest
from cases import for_each
from hypothesis import example as also
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import damaged
from vectors import names, vector

from aerospike_wire.cluster.discovery import parse_peers
from aerospike_wire.cluster.partitions import parse_replicas
from aerospike_wire.errors import ProtocolError
from aerospike_wire.proto import info
from aerospike_wire.proto.invalid import InvalidArgument


@for_each("name", ["info/tend_seed", "info/tend_peers", "info/tend_replicas", "info/tend_round", "info/info_all"])
def test_requests_are_the_official_clients(name: str) -> None:
    """Lines asked for make the captured bytes."""
    whole = vector(name)
    assert info.request(whole[8:].decode().splitlines()) == whole


def test_request_of_one_line_ends_with_a_newline() -> None:
    """A server closes the connection on a line that does not."""
    assert info.request(["build"]) == vector("frame/info_build")


@for_each("name", names("info/real_", "_reply"))
def test_recorded_replies_are_parsed_into_commands_and_values(name: str) -> None:
    """Putting the parsed lines together again gives the server's bytes."""
    body = vector(name)[8:]
    rows = info.parse(body)
    assert rows
    text = "".join(f"{command}\t{value}\n" if command else f"{value}\n" for command, value in rows)
    assert text.encode() == body


def test_line_without_a_tab_is_about_the_whole_request() -> None:
    """Its command is empty."""
    assert info.parse(b"ERROR:80:not authenticated\n") == [("", "ERROR:80:not authenticated")]
    assert info.parse(b"") == []


def test_reply_that_is_not_text_is_refused() -> None:
    """Bytes that are not UTF-8 are a ProtocolError that names the place."""
    with pytest.raises(ProtocolError, match="byte 3"):
        info.parse(b"abc\xff")


@for_each(
    ("value", "code", "message"),
    [
        ("ERROR:4:unrecognized command", 4, "unrecognized command"),
        ("ERROR:201:no index", 201, "no index"),
        ("ERROR::unknown", 1, "unknown"),
        ("ERROR:0:odd", 1, "odd"),
        ("ERROR:-1:odd", -1, "odd"),
        ("error:4:lower", 4, "lower"),
        ("ERROR:4", 4, None),
        ("ERROR:4:", 4, None),
        ("ERROR", 1, None),
        ("FAIL", 1, None),
        ("FAIL:201:no index", 201, "no index"),
        ("FAIL:201", 201, None),
        ("ERROR:some words", 1, "some words"),
        ("ERROR:4:with:colons:\nand lines", 4, "with:colons:\nand lines"),
        ("error=not_found", 100, "not found"),
        ("error=invalid_filename", 100, "invalid filename"),
        ("error=compile_error;file=a.lua;line=2;message=b29wcw==", 100, "compile error in a.lua line 2: oops"),
        ("error=compile_error;message=%%%", 100, "compile error: %%%"),
        ("ERROR:100:compile error;file=a.lua;line=2;message=b29wcw==", 100, "compile error in a.lua line 2: oops"),
        ("ERROR:4:a;b=c", 4, "a;b=c"),
        ("type=unknown", 20, None),
        ("ns_type=unknown", 20, None),
    ],
)
def test_every_form_of_error_is_understood(value: str, code: int, message: str | None) -> None:
    """Code and words of an error, in all forms that servers have used."""
    found = info.error_of(value)
    assert found is not None
    assert (found.code, found.message) == (code, message)


@for_each("value", ["", "ok", "OK", "BB9", "failures=3", "errors=0;x=1", "FAILURE", "ERRORS", "a=ERROR:4:x"])
def test_what_only_looks_like_an_error_is_none(value: str) -> None:
    """Statistics whose names begin alike are data."""
    assert info.error_of(value) is None


@for_each("digits", ["9" * 10, "9" * 5000, "-" + "9" * 5000, "²", "٣"])
def test_code_that_is_no_small_number_does_not_break_the_reader(digits: str) -> None:
    """An absurd code is still an error, with a code that fits."""
    found = info.error_of(f"ERROR:{digits}:text")
    assert found is not None
    assert abs(found.code) < 2**31


@for_each("name", names("info/real_", "_reply"))
def test_recorded_errors_have_the_code_that_the_server_wrote(name: str) -> None:
    """The number in a real server's text is the code; what is no error is none."""
    for _, value in info.parse(vector(name)[8:]):
        found = info.error_of(value)
        written = re.match(r"ERROR:(\d+):", value)
        if written:
            assert found is not None
            assert found.code == int(written[1])
        elif not value.startswith(("error=", "ERROR")) and "type=unknown" not in value:
            assert found is None


@given(
    st.text(max_size=60), st.sampled_from(["", "ERROR:", "FAIL:", "error=", "ERROR:4:", "error=compile_error;message="])
)
@also("9" * 5000 + ":x", "ERROR:")
@settings(deadline=None, max_examples=300)
def test_any_text_is_an_error_or_none(text: str, start: str) -> None:
    """Nothing is raised for what a server says."""
    found = info.error_of(start + text)
    assert found is None or (isinstance(found.code, int) and found.code != 0)


@given(st.binary(max_size=80))
@settings(deadline=None, max_examples=200)
def test_any_bytes_are_lines_or_a_protocol_error(data: bytes) -> None:
    """Nothing else is raised."""
    with contextlib.suppress(ProtocolError):
        for name, value in info.parse(data):
            assert "\n" not in name + value


@for_each(
    ("command", "subject"),
    [
        ("build", {}),
        ("sets/test/demo", {"namespace": "test", "set": "demo"}),
        ("namespace/test", {"namespace": "test"}),
        ("sindex/test/ix", {"namespace": "test", "index": "ix"}),
        ("log/0", {}),
        ("sindex-stat:namespace=test;indexname=ix", {"namespace": "test", "index": "ix"}),
        ("sindex-create:ns=test;set=s;indexname=ix;indexdata=a,NUMERIC", {"namespace": "test", "set": "s", "index": "ix"}),
        ("udf-get:filename=a.lua;", {"module": "a.lua"}),
        ("get-config:context=namespace;id=test", {"namespace": "test"}),
        ("query-show:id=5", {}),
        ("truncate:namespace=;set=s", {"set": "s"}),
        ("truncate:namespace=a;namespace=b\nsets/c", {"namespace": "a"}),
        ("", {}),
    ],
)  # fmt: skip
def test_subject_of_a_command(command: str, subject: dict[str, str]) -> None:
    """Namespace, set, index and module are read from parameters and paths; of several lines the first counts."""
    assert info.subject_of(command) == subject


@for_each("value", ["a;b", "a\nb", "a\tb", "a\rb", "a\0b"])
def test_parameter_that_would_end_the_command_is_refused(value: str) -> None:
    """Nobody can smuggle a second command into a name."""
    with pytest.raises(InvalidArgument) as caught:
        info.parameter("name", value)
    assert caught.value.argument == "name"


def test_parameter_must_be_text() -> None:
    """Anything else is named with its type."""
    with pytest.raises(InvalidArgument, match="bytes"):
        info.parameter("name", b"x")  # type: ignore[arg-type]
    assert info.parameter("name", "x y") == "x y"


# What info values say about the cluster

PEERS = b"7,3000,[[BB9,,[127.0.0.1:3101,[::1]:3102,node.example]],[BB8,tls,[]],[BB7,,]]"
REPLICAS = b"test:0,1," + b"/" * 682 + b"8=;bar:3,2," + b"A" * 683 + b"=," + b"A" * 683 + b"="


def test_samples_of_cluster_values_are_good() -> None:
    """What the next tests damage is understood as it stands."""
    generation, peers = parse_peers(PEERS.decode())
    assert generation == "7"
    assert peers[0].addresses == (("127.0.0.1", 3101), ("::1", 3102), ("node.example", 3000))
    assert [row.namespace for row in parse_replicas(REPLICAS.decode())] == ["test", "bar"]


@given(st.one_of(st.text(max_size=80), damaged(PEERS).map(lambda data: data.decode("latin-1"))))
@also("1,²,[]")
@also("²,3000,[]")
@also("1," + "9" * 5000 + ",[]")
@also("1,70000,[[a,,[h]]]")
@settings(deadline=None, max_examples=300)
def test_any_text_is_a_list_of_peers_or_a_protocol_error(text: str) -> None:
    """Nothing else is raised, and what is accepted has ports that exist."""
    with contextlib.suppress(ProtocolError):
        for peer in parse_peers(text)[1]:
            assert peer.name
            assert all(0 < port < 65536 for _, port in peer.addresses)


@pytest.mark.parametrize("text", ["[" + ":" * 20_000, "1,3000,[[a,,[" + "[" + ":" * 20_000, "1,3000," + "[:" * 10_000])
def test_hostile_peers_are_read_in_a_moment(text: str) -> None:
    """Time grows with the length of the text, not with its square: this would take minutes otherwise."""
    with pytest.raises(ProtocolError):
        parse_peers(text)


@given(st.one_of(st.text(max_size=80), damaged(REPLICAS).map(lambda data: data.decode("latin-1"))))
@also("test:0,1,ÿ")
@also("test:²,1,x")
@also("test:" + "9" * 5000 + ",1,x")
@settings(deadline=None, max_examples=300)
def test_any_text_is_a_partition_map_or_a_protocol_error(text: str) -> None:
    """Nothing else is raised, and what is accepted has whole bitmaps."""
    with contextlib.suppress(ProtocolError):
        for claim in parse_replicas(text):
            assert all(len(column) == 512 for column in claim.columns)
