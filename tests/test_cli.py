"""The commands, as functions and as processes."""

from __future__ import annotations

import asyncio
import errno
import io
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cases import for_each

from aerospike_wire import AsyncClient, Client, errors
from aerospike_wire.cli import main
from aerospike_wire.demo import hierarchy
from aerospike_wire.embedded import EmbeddedCluster
from aerospike_wire.errors import FACTS, ResultCode
from aerospike_wire.terminal import Style

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
PATIENCE = 60
"""Seconds after which a process counts as hung."""


def start(*arguments: str, strict: bool = True, **settings: Any) -> subprocess.Popen[str]:
    """The program as a process of its own; ``strict`` makes errors of all warnings, and takes longer."""
    checks = ["-X", "dev", "-W", "error"] if strict else []
    return subprocess.Popen(
        [sys.executable, *checks, "-m", "aerospike_wire", *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, **settings,
    )  # fmt: skip


def explained(capsys: pytest.CaptureFixture[str], *what: str) -> dict[str, str]:
    """What ``explain`` says, by label."""
    assert main(["explain", *what]) == 0
    return {line[:12].strip(): line[12:] for line in capsys.readouterr().out.splitlines()}


# explain


@for_each("what", ["22", "+22", "FORBIDDEN", "forbidden", "ForbiddenError", "forbiddenerror"])
def test_explain_finds_codes_and_names(what: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Numbers, names of codes and names of classes lead to the same text, whatever the case."""
    found = explained(capsys, what)
    assert found["exception"] == "ForbiddenError"
    assert found["parents"] == "ServerError, AerospikeError"
    assert found["code"] == "22 FORBIDDEN"
    assert found["meaning"] == "The server refuses this in its present state or configuration."
    assert found["sent by"] == "Any server."
    assert found["retry"] == "The same call fails again until something else has changed."
    assert found["connection"] == "It stays open and is used again."
    assert found["in doubt"].startswith("No: ")
    assert "nsup-period" in found["what to do"]


@pytest.mark.parametrize("arguments", [["-10"], ["--", "-10"], ["CONNECTION"]])
def test_explain_takes_negative_codes(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """A code of the client is no option, with or without the mark that ends options."""
    found = explained(capsys, *arguments)
    assert (found["exception"], found["code"]) == ("ConnectionError", "-10 CONNECTION")
    assert found["connection"] == "It is closed."
    assert found["in doubt"].startswith("Yes: ")
    assert "repeats it itself" in found["retry"]


def test_explain_knows_bases_and_aliases(capsys: pytest.CaptureFixture[str]) -> None:
    """A base lists its children, an alias leads to its class, and 0 is no error."""
    found = explained(capsys, "UDFError")
    assert found["children"] == "UDFNotFound, LuaFileNotFound"
    found = explained(capsys, "RecordError")
    assert found["code"] == "none of its own"
    assert found["children"].startswith("RecordNotFound, RecordGenerationError, ")
    assert "meaning" not in found
    found = explained(capsys, "InvalidHost")
    assert (found["exception"], found["alias"]) == ("InvalidHostError", "InvalidHost")
    found = explained(capsys, "OK")
    assert found.keys() == {"code", "meaning", "sent by"}


def test_explain_knows_every_code_and_class(capsys: pytest.CaptureFixture[str]) -> None:
    """Each code, by number and by name, and each class has an explanation."""
    for row in FACTS.values():
        by_number = explained(capsys, str(row.code.value))
        assert by_number == explained(capsys, row.code.name)
        assert by_number.get("exception") == row.exception
    for cls in hierarchy.classes():
        assert explained(capsys, cls.__name__)["exception"] == cls.__name__


@for_each(
    ("what", "near"),
    [
        ("RecordNotFond", "did you mean RecordNotFound"),
        ("forbiden", "FORBIDDEN"),
        ("33", "Near it: 32 (XDR_KEY_BUSY)"),
        ("-99", "it would raise ClientError and keep its number"),
        ("zzzzzz", "the command 'errors' lists them all"),
        ("", "there is no exception or result code ''"),
    ],
)
def test_explain_proposes_what_is_near(what: str, near: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What is not known is refused with status 2, on the error stream, with what may have been meant."""
    assert main(["explain", what]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert near in err
    assert len(err.splitlines()) == 1


# errors


def test_errors_draws_the_tree(capsys: pytest.CaptureFixture[str]) -> None:
    """Every class has one line with its code and meaning, below its parent."""
    assert main(["errors"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(hierarchy.classes())
    assert lines[0].startswith("AerospikeError (*): ")
    assert " |    |    +-- RecordNotFound (2): No live record has this key." in lines
    assert lines[-1] == " +-- TimeoutError (9): The time allowed for the request ran out."
    assert all(line.endswith(".") for line in lines)


def test_errors_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    """The same for programs, with the facts of each code."""
    assert main(["errors", "--json"]) == 0
    found = {each["exception"]: each for each in json.loads(capsys.readouterr().out)}
    assert found.keys() == {cls.__name__ for cls in hierarchy.classes()}
    assert found["IndexNotFound"] == {
        "exception": "IndexNotFound",
        "aliases": [],
        "code": 201,
        "name": "INDEX_NOT_FOUND",
        "parents": ["IndexError", "ServerError", "AerospikeError"],
        "attributes": ["name"],
        "meaning": "There is no such secondary index.",
        "sender": "any server",
        "retry": "never",
        "connection": "keep",
        "in_doubt": False,
        "hint": FACTS[ResultCode.INDEX_NOT_FOUND].hint,
    }
    assert found["RecordError"]["code"] is None
    assert found["InvalidHostError"]["aliases"] == ["InvalidHost"]


def test_reader_may_leave() -> None:
    """When the reader of the output goes away the program ends without a traceback."""
    process = start("errors", "--json")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    with process:
        assert process.stderr.read() == ""
        assert process.wait(PATIENCE) == 1


# What is refused


@for_each(
    ("arguments", "words"),
    [
        ([], "required: COMMAND"),
        (["sing"], "invalid choice"),
        (["explain"], "required: CODE|NAME"),
        (["serve", "--port", "70000"], "0 to 65535, not '70000'"),
        (["serve", "--port", "-1"], "0 to 65535, not '-1'"),
        (["serve", "--nodes", "two"], "invalid int value"),
        (["serve", "--namespace", "test,colour=red"], "'colour=red'; there are ttl=on, ttl=off"),
        (["serve", "--namespace", ""], "a namespace needs a name"),
        (["proxy"], "--upstream"),
    ],
)
def test_misuse(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Wrong arguments end with status 2 and words that say which."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("count", ["0", "-1", "257"])
def test_serve_refuses_impossible_clusters(count: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A cluster has between one node and as many as replicas can be told apart."""
    assert main(["serve", "--port", "0", "--nodes", count]) == 2
    out, err = capsys.readouterr()
    assert (out, err) == ("", f"aerospike_wire: nodes is a number from 1 to 256, not {count}\n")


@for_each(
    ("arguments", "words"),
    [
        (["serve", "--port", "0", "--fault", "put explode"], "--fault 'put explode': there is no action 'explode'"),
        (["serve", "--port", "0", "--fault", "latency 5"], "there is no command 'latency'"),
        (["proxy", "--upstream", "x:y"], "a node's address is host:port, not 'x:y'"),
        (["proxy", "--upstream", "localhost", "--fault", "latency soon"], "milliseconds is a number, not 'soon'"),
    ],
)
def test_faults_that_cannot_be_understood(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    """They are misuse, and named."""
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("aerospike_wire: ")
    assert words in err


def test_serve_refuses_a_namespace_that_comes_twice(capsys: pytest.CaptureFixture[str]) -> None:
    """Two namespaces of one name are misuse."""
    assert main(["serve", "--port", "0", "--namespace", "a", "--namespace", "a,ttl=off"]) == 2
    assert "each with a name of its own" in capsys.readouterr().err


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_serve_names_a_port_in_use(taken: int, capsys: pytest.CaptureFixture[str]) -> None:
    """A port in use is one line on the error stream, and status 1; signals work as before."""
    before = signal.getsignal(signal.SIGINT)
    assert main(["serve", "--port", str(taken)]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err == f"aerospike_wire: cannot listen on 127.0.0.1 port {taken}: {os.strerror(errno.EADDRINUSE)}\n"
    assert signal.getsignal(signal.SIGINT) is before


def test_serve_names_an_impossible_host(capsys: pytest.CaptureFixture[str]) -> None:
    """A host that is not of this machine is status 1 too."""
    assert main(["serve", "--host", "192.0.2.1", "--port", "0"]) == 1
    assert capsys.readouterr().err.startswith("aerospike_wire: cannot listen on 192.0.2.1 port 0: ")


# serve


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_until_a_signal(number: signal.Signals) -> None:
    """The address is the first line; both clients work there; a signal ends it with status 0, even under load."""
    with start("serve", "--port", "0", "--namespace", "test,ttl=off", "--namespace", "bar") as process:
        try:
            assert process.stdout is not None
            assert process.stderr is not None
            address = process.stdout.readline().strip()
            assert address.startswith("127.0.0.1:")
            asyncio.run(use_async(address))
            with Client(address) as client:
                assert client.get(("bar", "cli", 1)).bins == {"a": 1}
                client.put(("bar", "cli", 1), {"a": 2}, {"ttl": 100})
                with pytest.raises(errors.ForbiddenError):
                    client.put(("test", "cli", 1), {"a": 1}, {"ttl": 100})
                with pytest.raises(errors.NamespaceNotFound):
                    client.get(("other", "cli", 1))
                process.send_signal(number)
                assert process.wait(PATIENCE) == 0
            assert process.stdout.read() == ""
            assert process.stderr.read() == ""
        finally:
            process.kill()


def test_serve_a_cluster() -> None:
    """Each node's address is a line; from one of them a client finds the others."""
    with start("serve", "--port", "0", "--nodes", "3", "--namespace", "bar", strict=False) as process:
        try:
            assert process.stdout is not None
            assert process.stderr is not None
            addresses = [process.stdout.readline().strip() for _ in range(3)]
            assert len(set(addresses)) == 3
            asyncio.run(use_async(addresses[0]))
            with Client(addresses[1]) as client:
                assert client.get(("bar", "cli", 1)).bins == {"a": 1}
                assert {node.address for node in client._core.cluster.nodes.values()} == set(addresses)
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE) == 0
            assert process.stderr.read() == ""
        finally:
            process.kill()


def test_proxy_in_front_of_a_cluster() -> None:
    """Sentences are options, and may be typed while it runs; clients stay behind it."""
    with (
        EmbeddedCluster(3) as cluster,
        start(
            "proxy", "--upstream", cluster.address, "--fault", "put times 1 answer 18", stdin=subprocess.PIPE
        ) as process,
    ):
        try:
            assert process.stdout is not None
            assert process.stdin is not None
            with Client(process.stdout.readline().strip()) as client:
                with pytest.raises(errors.DeviceOverload):
                    client.put(("test", "cli", 1), {"a": 1})
                client.put(("test", "cli", 1), {"a": 1})
                assert not {node.address for node in client._core.cluster.nodes.values()} & set(cluster.addresses)
                process.stdin.write("get answer record-busy\n")
                process.stdin.flush()
                assert process.stdout.readline() == "<on get: answer 14 (RECORD_BUSY); 0 hits>\n"
                with pytest.raises(errors.RecordBusy):
                    client.get(("test", "cli", 1))
                process.stdin.write("clear\nlatency 1\nlist\n")
                process.stdin.flush()
                assert process.stdout.readline() == "all rules are out\n"
                assert process.stdout.readline() == "<latency of 1 ms; 0 connections>\n"
                assert client.get(("test", "cli", 1)).bins == {"a": 1}
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE) == 0
        finally:
            process.kill()


async def use_async(address: str) -> None:
    """Write a record with the asyncio client."""
    async with AsyncClient(address) as client:
        await client.put(("bar", "cli", 1), {"a": 1})


@pytest.mark.parametrize(
    ("options", "edition", "code"),
    [
        ([], "Community", 51),
        (["--edition", "enterprise"], "Enterprise", 52),
        (["--user", "admin:a:b:user-admin,read-write"], "Enterprise", None),
    ],
)
def test_serve_an_edition(options: list[str], edition: str, code: int | None) -> None:
    """The edition is as asked for; users switch security on, and their passwords may hold colons.

    With nothing but a port there is the namespace test, which takes TTLs.
    """
    pytest.importorskip("bcrypt")
    login = {"user": "admin", "password": "a:b"} if "--user" in options else {}
    with start("serve", "--port", "0", *options, strict=False) as process:
        try:
            assert process.stdout is not None
            with Client(process.stdout.readline().strip(), policies={"total_timeout": 20_000}, **login) as client:
                assert edition in client.info_nodes()[0].edition
                client.put(("test", "cli", 1), {"a": 1}, {"ttl": 100})
                _, meta = client.exists(("test", "cli", 1))
                assert meta is not None
                assert 0 < meta["ttl"] <= 100
                if code is None:
                    assert client.admin_query_user("admin") == ["read-write", "user-admin"]
                else:
                    with pytest.raises(errors.AerospikeError) as caught:
                        client.admin_query_users()
                    assert caught.value.code == code
            process.send_signal(signal.SIGINT)
            assert process.wait(PATIENCE) == 0
        finally:
            process.kill()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--user", "admin"], "NAME:PASSWORD:ROLE,ROLE"),
        (["--user", ":x:read"], "NAME:PASSWORD:ROLE,ROLE"),
        (["--user", "admin:pw:king"], "unknown role 'king'"),
        (["--edition", "community", "--user", "admin:pw:read"], "users need an Enterprise node"),
        (["--edition", "other"], "invalid choice"),
    ],
)
def test_serve_with_wrong_users(options: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What is wrong is said, with the status of misuse."""
    pytest.importorskip("bcrypt")
    try:
        status: Any = main(["serve", "--port", "0", *options])
    except SystemExit as left:
        status = left.code
    assert status == 2
    assert words in capsys.readouterr().err


# demo


@pytest.mark.long
def test_demo_as_a_process() -> None:
    """Through a pipe the demonstration prints plain text, warns of nothing, and succeeds."""
    with start("demo") as process:
        try:
            out, err = process.communicate(timeout=PATIENCE)
        finally:
            process.kill()
    # On a machine that is busy asyncio's debug mode remarks on steps that took long.
    warnings = [line for line in err.splitlines() if not line.startswith("Executing <")]
    assert (process.returncode, warnings) == (0, [])
    assert "\x1b" not in out
    assert out.splitlines()[-1].endswith("0 failed")


# The terminal


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


@pytest.mark.parametrize(
    ("environment", "colour"),
    [({}, True), ({"NO_COLOR": ""}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)],
)
def test_colours_only_where_they_are_wanted(
    environment: dict[str, str], colour: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A terminal gets colours unless the environment says no; a pipe never does."""
    for name in ("NO_COLOR", "TERM", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert Style.of(Terminal()).colour is colour
    assert Style.of(io.StringIO()) == Style(colour=False, width=None)


def test_explanations_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal texts are wrapped at its width and hang below their first word."""
    screen = Terminal()
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setenv("COLUMNS", "70")
    monkeypatch.setenv("NO_COLOR", "1")
    assert main(["explain", "9"]) == 0
    assert main(["errors"]) == 0
    lines = screen.getvalue().splitlines()
    assert max(map(len, lines)) <= 70
    hint = [line[:12].strip() for line in lines[lines.index("code        9 TIMEOUT") :]]
    assert hint[hint.index("what to do") + 1] == ""
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "xterm")
    assert main(["explain", "9"]) == 0
    assert "\x1b[2mexception   \x1b[0mTimeoutError" in screen.getvalue()
