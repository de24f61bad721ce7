"""The demonstration: every exception, provoked by both clients over a socket."""

from __future__ import annotations

import asyncio
import enum
import importlib.util
import json
import re
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cases import for_each

from aerospike_wire import demo, errors
from aerospike_wire.cli import main
from aerospike_wire.demo import catalogue, hierarchy, report, source, stage
from aerospike_wire.demo.catalogue import CATALOGUE, CAUSE_OF, UNRAISED, Cause, Provocation
from aerospike_wire.errors import AerospikeError, AlwaysForbidden, RecordNotFound
from aerospike_wire.operations import append
from aerospike_wire.predicates import between, equals
from aerospike_wire.terminal import Style

if TYPE_CHECKING:
    from aerospike_wire.demo.stage import Outcome

PAGE = (Path(__file__).parent / "data" / "aerospike_exceptions.txt").read_text(encoding="utf-8")
DOCUMENTED = {
    getattr(errors, name).__name__
    for name in re.findall(r"exception aerospike\.exception\.(\w+)|\+-- (\w+) \(", PAGE)
    for name in name  # one of the two groups has matched
    if name
}
"""Every class of the documentation that this package follows, by the name it has here."""
CLIENTS = ("AsyncClient", "Client")


@pytest.fixture(scope="module")
def played() -> list[Outcome]:
    """What became of every provocation, with both clients."""
    return stage.play()


@pytest.fixture(scope="module")
def objects(played: list[Outcome]) -> list[dict[str, Any]]:
    """What ``--json`` prints, read back."""
    found: list[dict[str, Any]] = json.loads(json.dumps([each.as_json() for each in report.findings(played)]))
    return found


@pytest.fixture(scope="module")
def by_name(objects: list[dict[str, Any]]) -> dict[tuple[str, str], dict[str, Any]]:
    """The objects by class and client."""
    return {(found["exception"], found["client"]): found for found in objects}


# What is raised


def test_documentation_names_some_classes() -> None:
    """The classes that the page names are found in it, in prose and tree."""
    assert len(DOCUMENTED) == 60
    assert {"MaxErrorRateExceeded", "TimeoutError", "InvalidHostError", "UDFNotFound"} <= DOCUMENTED


@for_each("client", CLIENTS)
@for_each("name", sorted(DOCUMENTED))
def test_every_documented_class_is_raised(name: str, client: str, by_name: Any) -> None:
    """Each class of the documentation was raised by a call, or for a base one of its children was."""
    found = by_name[name, client]
    assert found["raised"], found
    shown = found["through"] or name
    assert issubclass(getattr(errors, shown), getattr(errors, name))
    assert found["attributes"]["code"] == getattr(errors, shown).code


@pytest.mark.parametrize("client", CLIENTS)
def test_only_bases_are_shown_by_others(client: str, by_name: Any) -> None:
    """A class with a code of its own is raised itself."""
    through = {name for (name, whose), found in by_name.items() if whose == client and found["through"]}
    assert through == {"AerospikeError", "RecordError", "AdminError", "LDAPError", "TransactionError", "ProtocolError"}


@pytest.mark.parametrize("client", CLIENTS)
def test_classes_that_are_not_raised_say_why(client: str, by_name: Any) -> None:
    """What no call raises is listed with its reason, and with nothing else."""
    for name, reason in UNRAISED.items():
        found = by_name[name, client]
        assert (found["raised"], found["reason"], found["call"]) == (False, reason, None)
        assert reason


def test_every_class_is_accounted_for() -> None:
    """Each class is provoked, a base, a cause, or known to be out of reach; and only one of these."""
    provoked = {provocation.exception for provocation in CATALOGUE}
    bases = {cls.__name__ for cls in hierarchy.classes() if hierarchy.own_code(cls) is None}
    groups = (provoked, bases, set(UNRAISED))
    everything = {cls.__name__ for cls in hierarchy.classes()}
    assert set().union(*groups) == everything
    assert sum(map(len, groups)) == len(everything)
    assert set(CAUSE_OF) <= bases


def test_one_object_for_each_class_and_client(objects: Any) -> None:
    """No class is missing or comes twice."""
    expected = [(cls.__name__, client) for client in CLIENTS for cls in hierarchy.classes()]
    assert [(found["exception"], found["client"]) for found in objects] == expected


# What it carries


def test_objects_have_what_programs_read(objects: Any) -> None:
    """Each object has the promised names, and the parents up to the root."""
    for found in objects:
        assert found.keys() >= {"exception", "code", "parents", "call", "client", "raised", "attributes"}
        cls = getattr(errors, found["exception"])
        assert found["parents"] == [base.__name__ for base in cls.__mro__[1:] if issubclass(base, AerospikeError)]
        if found["call"] is not None:
            assert found["attributes"].keys() >= {"code", "msg", "file", "line", "in_doubt"}
            assert found.keys() >= {"context", "attempts", "node", "retryable", "hint", "notes", "provoked_by"}


@pytest.mark.parametrize("client", CLIENTS)
def test_families_carry_their_attributes(client: str, by_name: Any) -> None:
    """The attributes of each family are filled from the request."""
    wanted = {
        "RecordNotFound": {"key", "bin"},
        "RecordKeyMismatch": {"key", "bin"},
        "BinNameError": {"key", "bin"},
        "TransactionBlocked": {"key"},
        "UDFError": {"module", "func", "key"},
        "UDFNotFound": {"module"},
        "LuaFileNotFound": {"module"},
        "InvalidRole": {"user", "role"},
        "ParamError": {"argument"},
    }
    for (name, whose), found in by_name.items():
        if whose != client or not found["raised"]:
            continue
        cls = getattr(errors, name)
        least = {"key", "bin"} if issubclass(cls, errors.RecordError) else set()
        least |= {"name"} if issubclass(cls, errors.IndexError) else set()
        if issubclass(cls, errors.AdminError):
            assert found["attributes"]["user"] or found["attributes"]["role"], name
        for attribute in wanted.get(name, set()) | least:
            assert found["attributes"][attribute], (name, attribute)


def test_both_clients_tell_the_same(by_name: Any) -> None:
    """Code, message, doubt, family attributes and number of attempts do not depend on the client."""
    for (name, client), found in by_name.items():
        twin = by_name[name, "AsyncClient"]
        if client == "AsyncClient" or found["call"] is None:
            continue
        assert "await " + found["call"].replace("Client(", "AsyncClient(") == twin["call"]
        # Each runtime has its own words for a connection that ends.
        words = {"msg"} if name == "ConnectionError" else set()
        assert found["attributes"].keys() == twin["attributes"].keys()
        for attribute in found["attributes"].keys() - words:
            assert found["attributes"][attribute] == twin["attributes"][attribute], name
        assert len(found["attempts"]) == len(twin["attempts"]), name
        assert found["retryable"] == twin["retryable"], name


@pytest.mark.parametrize("client", CLIENTS)
def test_doubt_is_exact(client: str, by_name: Any) -> None:
    """A write without an answer is in doubt, a read is not, and no refusal leaves doubt."""
    timeouts = by_name["TimeoutError", client]
    assert timeouts["attributes"]["in_doubt"] is True
    assert [each["attributes"]["in_doubt"] for each in timeouts["more"]] == [False, True]
    assert timeouts["fault"] == 'server.faults.on("put").hang()'
    assert by_name["ConnectionError", client]["attributes"]["in_doubt"] is True
    in_doubt = {
        name
        for (name, whose), found in by_name.items()
        if whose == client and found["call"] and found["attributes"]["in_doubt"]
    }
    assert in_doubt == {"TimeoutError", "ConnectionError"}


@pytest.mark.parametrize("client", CLIENTS)
def test_breaker_ends_the_retries(client: str, by_name: Any) -> None:
    """MaxErrorRateExceeded shows the refusals that opened the breaker, and a try that was not sent."""
    attempts = by_name["MaxErrorRateExceeded", client]["attempts"]
    assert [(row["code"], row["sent"]) for row in attempts] == [(18, True), (18, True), (-14, False)]


@pytest.mark.parametrize("client", CLIENTS)
def test_source_line_is_that_of_the_call(client: str, by_name: Any) -> None:
    """File and line point to the call in the catalogue, whichever client made it."""
    found = by_name["BinIncompatibleType", client]
    text = Path(catalogue.__file__).read_text(encoding="utf-8").splitlines()
    assert found["attributes"]["file"] == catalogue.__file__
    assert "client.append(ANN" in text[found["attributes"]["line"] - 1]
    files = {each["attributes"]["file"] for each in by_name.values() if each["call"]}
    assert files == {catalogue.__file__}


def test_real_refusals_are_preferred(by_name: Any) -> None:
    """What the node can refuse by its own rules is not left to a fault."""
    real = {
        "RecordNotFound", "RecordGenerationError", "RecordExistsError", "BinIncompatibleType", "RecordTooBig",
        "RecordKeyMismatch", "InvalidRequest", "ForbiddenError", "EnterpriseOnly", "FilteredOut", "IndexFoundError",
        "UDFError", "SecurityNotSupported", "InvalidUser", "UserExistsError", "InvalidRole", "RoleViolation",
        "InvalidCredential", "LDAPNotConfigured", "IndexNotFound", "RoleExistsError", "InvalidPrivilege",
        "InvalidWhitelist", "ForbiddenPassword",
    }  # fmt: skip
    assert real == {
        name
        for (name, client), found in by_name.items()
        if client == "Client" and not found["through"] and found.get("provoked_by") == Cause.NODE.value
    }


def test_no_secret_is_shown(played: list[Outcome]) -> None:
    """Passwords are in no text that the demonstration prints."""
    text = json.dumps([each.as_json() for each in report.findings(played)])
    text += "\n".join(report.lines(report.findings(played), Style()))
    for secret in (catalogue.SECRET, "admin-secret", "reader-secret", '"wrong"'):
        assert secret not in text
    assert "password=..." in text


# How it is told


def test_tree_for_people(played: list[Outcome]) -> None:
    """The text shows every class with its call, error, facts and hint, and counts in the end."""
    lines = list(report.lines(report.findings(played), Style()))
    text = "\n".join(lines)
    for cls in hierarchy.classes():
        assert f"{hierarchy.title(cls)}" in text
    at = lines.index(" |    |    +-- BinIncompatibleType (12)  raised by both clients")
    below = " |    |    |         "
    block = lines[at + 1 : at + 6]
    assert block[0] == f'{below}call         await client.append(("test", "demo", "ann"), "age", "x")'
    assert block[1] == f"{below}provoked by  the node's own rules"
    assert block[2].startswith(f"{below}error        BinIncompatibleType (12) in append test/demo/'ann' bin age: ")
    assert block[3].startswith(f"{below}facts        key=('test', 'demo', 'ann') bin='age' node=")
    assert block[3].endswith("attempts=1 retryable=no in_doubt=no")
    assert block[4].startswith(f"{below}hint         look at the type")
    assert [line.partition(":")[0] for line in lines[-2:]] == list(CLIENTS)
    assert all(line.endswith("0 failed") for line in lines[-2:])
    assert "\x1b" not in text


def test_colours_and_width_change_no_word(played: list[Outcome]) -> None:
    """On a terminal the same words come marked and wrapped."""
    found = report.findings(played)
    plain = " ".join(" ".join(report.lines(found, Style())).replace("|", " ").split())
    marked = list(report.lines(found, Style(colour=True, width=90)))
    bare = [re.sub(r"\x1b\[\d*m", "", line) for line in marked]
    assert " ".join(" ".join(bare).replace("|", " ").split()) == plain
    assert any("\x1b[33m" in line for line in marked)
    # Words are not broken, so a line is over the width only if one word leaves it no choice.
    assert all(len(line) <= 90 or len(line.split()[-1]) > 30 for line in bare[:-2] if "(" not in line)


def test_failures_are_named_and_counted(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A class that its call does not raise makes the status 1 and stands in tree, summary and JSON."""

    async def harmless(client: Any) -> None:
        await client.put(catalogue.ANN, {"age": 41})

    async def broken(client: Any) -> None:
        await client.no_such_method()

    wrong = (
        Provocation(exception="RecordNotFound", call=harmless, cause=Cause.NODE),
        Provocation(exception="RecordExistsError", call=catalogue.get_missing, cause=Cause.NODE),
        Provocation(exception="RecordTooBig", call=broken, cause=Cause.NODE),
    )
    monkeypatch.setattr(stage, "CATALOGUE", wrong)
    assert demo.run(Style()) == 1
    out = capsys.readouterr().out
    assert " +-- RecordNotFound (2)  NOT RAISED by AsyncClient and Client" in out
    assert "raised       nothing" in out
    assert "RecordExistsError (5)  NOT RAISED" in out
    assert "AttributeError" in out
    assert "NOT RAISED by AsyncClient and Client" in next(line for line in out.splitlines() if "ServerFull" in line)
    assert re.search(r"^Client: 116 classes, 0 raised .* failed: AerospikeError, ServerError", out, re.MULTILINE)
    assert demo.run(Style(), as_json=True) == 1
    found = {each["exception"]: each for each in json.loads(capsys.readouterr().out)}
    assert found["RecordNotFound"]["raised"] is False
    assert found["RecordExistsError"]["raised"] is False
    assert found["RecordExistsError"]["attributes"]["code"] == 2
    assert found["RecordTooBig"]["message"].startswith("AttributeError: ")
    assert found["AerospikeError"]["raised"] is False


def test_without_optional_libraries(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Where logins and Lua are impossible, faults take their place and nothing is missing."""
    found_here = importlib.util.find_spec

    def find_spec(name: str, package: str | None = None) -> Any:
        return None if name in {"bcrypt", "lupa"} else found_here(name, package)

    monkeypatch.setattr(importlib.util, "find_spec", find_spec)
    assert main(["demo", "--json"]) == 0
    found = {each["exception"]: each for each in json.loads(capsys.readouterr().out)}
    assert found["InvalidUser"]["provoked_by"] == Cause.FAULT.value
    assert found["InvalidUser"]["attributes"]["user"] == "bob"
    assert found["UDFError"]["raised"]
    assert all(provocation.needs is None for provocation in stage.choose(CATALOGUE))


def open_files() -> int:
    """How many files and sockets this process holds."""
    return sum(1 for _ in Path("/dev/fd").iterdir())


def test_nothing_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """No thread and no socket of the nodes or clients outlives the demonstration, hung calls or not."""
    monkeypatch.setattr(stage, "CATALOGUE", [each for each in CATALOGUE if each.needs is None][-12:])
    stage.play()  # what is only made once, such as the resolver's threads, is made now
    threads, files = set(threading.enumerate()), open_files()
    outcomes = stage.play()
    assert {outcome.provocation.exception for outcome in outcomes} > {"TimeoutError", "NoMoreConnectionsError"}
    assert all(outcome.raised for outcome in outcomes)
    assert set(threading.enumerate()) == threads
    assert open_files() == files


# Calls as text


class Colour(enum.Enum):
    """An enumeration of ours."""

    RED = 1


@for_each(
    ("value", "text"),
    [
        ("x", '"x"'),
        ('say "x"', "'say \"x\"'"),
        ("it's", '"it\'s"'),
        (b"\x00a", 'b"\\x00a"'),
        ("n" * 64, '"n" * 64'),
        (b"\xff" * 16, 'b"\\xff" * 16'),
        (("a",), '("a",)'),
        (("a", 1, None), '("a", 1, None)'),
        ([1.5, True], "[1.5, True]"),
        ({"a": [b""]}, '{"a": [b""]}'),
        (Colour.RED, "Colour.RED"),
        (equals("age", 41), 'equals("age", 41)'),
        (between("age", 1, 9), 'between("age", 1, 9)'),
        (append("name", "x"), "append('name', 'x')"),
    ],
)
def test_values_as_source(value: Any, text: str) -> None:
    """Values are written as in a program, long repetitions as a product."""
    assert source.source(value) == text


def test_calls_as_source() -> None:
    """A chain of calls is noted down until it is awaited; passwords are not."""

    async def call(client: Any) -> None:
        await client.query("test", "demo").where(equals("age", 41)).results(policy={"max_retries": 0}, password="p")
        pytest.fail("the function goes on after its call")

    with pytest.raises(source.Said) as said:
        asyncio.run(call(source.Text("client")))
    wanted = 'client.query("test", "demo").where(equals("age", 41)).results(policy={"max_retries": 0}, password=...)'
    assert said.value.text == wanted


# The tree


def test_tree_is_that_of_the_package() -> None:
    """The tree that the commands draw is the one in the documentation of the errors."""
    drawn = {place.cls.__name__ for place in hierarchy.draw()}
    documented = dict(re.findall(r"(\w+) \(([-\d*]+)\)", errors.__doc__ or ""))
    assert documented == {
        cls.__name__: hierarchy.title(cls).rpartition("(")[2].removesuffix(")") for cls in hierarchy.classes()
    }
    assert drawn == set(documented)


def test_places_in_the_tree() -> None:
    """Parents, children, aliases and codes are those of the classes."""
    assert hierarchy.parents(RecordNotFound) == [errors.RecordError, errors.ServerError, AerospikeError]
    assert hierarchy.children(AerospikeError) == (errors.ServerError, errors.ClientError, errors.TimeoutError)
    assert hierarchy.children(errors.ServerError)[:2] == (errors.RecordError, errors.AdminError)
    assert hierarchy.children(errors.AdminError)[0] is errors.LDAPError
    assert hierarchy.children(RecordNotFound) == ()
    assert hierarchy.aliases(errors.InvalidHostError) == ["InvalidHost"]
    assert hierarchy.own_code(errors.ProtocolError) is None
    assert hierarchy.own_code(AlwaysForbidden) == 10
    assert hierarchy.title(errors.RecordError) == "RecordError (*)"


def test_a_class_with_two_names_is_shown_under_both(played: Any) -> None:
    """Whoever looks for InvalidHost finds what InvalidHostError is."""
    rows = report.json_rows(report.findings(played))
    found = {(each["exception"], each["client"]): each for each in rows}
    for client in ("AsyncClient", "Client"):
        alias = found["InvalidHost", client]
        assert alias["alias_of"] == "InvalidHostError"
        assert alias["raised"]
        assert alias["attributes"] == found["InvalidHostError", client]["attributes"]
