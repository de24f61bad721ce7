"""What people and machines read on an error: text, notes, JSON; and what they never do."""

from __future__ import annotations

import json
import logging
import pickle
import traceback
from typing import Any

import pytest
from cases import for_each
from error_samples import ATTEMPTS, CLASSES, CONTEXTS, KEY, USER_KEY, sample

from aerospike_wire import errors, operations
from aerospike_wire.errors import AerospikeError, Attempt, ErrorMiddleware, RecordContext
from aerospike_wire.expressions import IntBin
from aerospike_wire.types import Key

MIDDLEWARE = ErrorMiddleware()


@for_each("cls", CLASSES)
def test_text_is_one_line_with_all_facts(cls: type[AerospikeError]) -> None:
    """``str`` says class, code, request, node, attempts, doubt and hint, on one line."""
    text = str(sample(cls))
    assert "\n" not in text
    head = cls.__name__ if cls.code is None else f"{cls.__name__} ({cls.code})"
    assert text.startswith(f"{head} in put test/users/'{USER_KEY}' bins name, age: what happened [")
    assert "[node BB9 10.0.0.1:3000, 2 attempts, 12.2 ms, in doubt: yes]" in text
    assert text.endswith("Hint: do it differently.")


def test_text_of_a_whole_line() -> None:
    """The documented line, word for word."""
    attempt = Attempt("BB9", "10.0.0.1:3000", sent=True, answered=True, code=22, elapsed=0.4)
    error = MIDDLEWARE.error(
        22, RecordContext("put", None, KEY, ("a",)), msg="no TTLs here", attempts=[attempt], elapsed=0.5, hint="h"
    )
    assert str(error) == (
        f"ForbiddenError (22) in put test/users/'{USER_KEY}' bin a: no TTLs here "
        "[node BB9 10.0.0.1:3000, 1 attempt, 0.5 ms, in doubt: no] Hint: h."
    )


def test_text_without_attempts_still_says_doubt() -> None:
    """An error that was made by hand says that it is in doubt although it knows no attempts."""
    assert str(errors.TimeoutError(9, "m", None, None, True, hint="h")) == (
        "TimeoutError (9): m [in doubt: yes] Hint: h."
    )
    assert str(errors.RecordNotFound("m")) == "RecordNotFound (2): m"
    assert str(errors.AerospikeError("m")) == "AerospikeError: m"


def test_words_of_the_server_cannot_break_the_line() -> None:
    """Line ends in a server's message do not end the line of a log."""
    for sign in ("\n", "\r\n", "\r"):
        error = MIDDLEWARE.error(100, CONTEXTS["udf"], server_message=f"first{sign}second")
        assert len(str(error).splitlines()) == 1
        assert error.server_message == f"first{sign}second"


def test_the_servers_words_are_the_message() -> None:
    """Where the server says something its words are ``msg``; else the code's meaning is."""
    said = MIDDLEWARE.error(100, CONTEXTS["udf"], server_message="attempt to index nil")
    assert (said.msg, said.server_message) == ("attempt to index nil", "attempt to index nil")
    silent = MIDDLEWARE.error(100, CONTEXTS["udf"])
    assert (silent.msg, silent.server_message) == (errors.FACTS[100].meaning, None)


@for_each("cls", CLASSES)
def test_repr_is_short_and_names_the_class(cls: type[AerospikeError]) -> None:
    """``repr`` has class, code, message and doubt."""
    assert repr(sample(cls)) == f"{cls.__name__}(code={cls.code}, msg='what happened', in_doubt=True)"


@for_each("cls", CLASSES)
def test_notes_show_in_tracebacks(cls: type[AerospikeError]) -> None:
    """A traceback ends with the request, each attempt, the doubt and the hint."""
    text = "".join(traceback.format_exception(sample(cls)))
    lines = text.splitlines()[-5:]
    assert lines == [
        f"Request: put test/users/'{USER_KEY}' bins name, age",
        "Attempt 1: BB9 10.0.0.1:3000, sent, not answered in 1.5 ms, code -10: connection reset",
        "Attempt 2: BB9 10.0.0.1:3000, answered in 2.5 ms, code 18",
        "In doubt: the write may have been applied",
        "Hint: do it differently",
    ]


def test_an_unsent_attempt_is_told_apart() -> None:
    """The note of an attempt says whether the request left at all."""
    error = errors.ConnectionError(attempts=[Attempt(None, None, sent=False, answered=False, code=-10, elapsed=3.0)])
    assert error.__notes__[0] == "Attempt 1: no node, not sent in 3.0 ms, code -10"


def test_notes_can_be_added_before_and_after_they_are_read() -> None:
    """``add_note`` works at any time and keeps the order, in the traceback and through a pickle."""
    early = sample(errors.RecordNotFound)
    early.add_note("mine")
    late = sample(errors.RecordNotFound)
    own = list(late.__notes__)
    late.add_note("mine")
    assert early.__notes__ == late.__notes__ == [*own, "mine"]
    assert traceback.format_exception(early)[-1] == "mine\n"
    assert pickle.loads(pickle.dumps(early)).__notes__ == [*own, "mine"]
    late.__notes__ = ["replaced"]
    assert late.__notes__ == ["replaced"]


def test_add_note_wants_text() -> None:
    """``add_note`` refuses what is no text, as on every exception."""
    with pytest.raises(TypeError):
        errors.RecordNotFound().add_note(5)  # type: ignore[arg-type]


@for_each("cls", CLASSES)
def test_to_dict_is_json(cls: type[AerospikeError]) -> None:
    """``to_dict`` of every class with every family goes through JSON unchanged."""
    for family, context in CONTEXTS.items():
        found = sample(cls, context=context).to_dict()
        assert json.loads(json.dumps(found)) == found
        assert found["exception"] == cls.__name__
        assert found["code"] == cls.code
        assert found["context"]["family"] == family
        assert found["context"]["operation"] == context.operation
        assert set(cls.family_attributes) <= set(found)


def test_to_dict_holds_everything() -> None:
    """The facts are all there, under the names of the attributes."""
    found = sample(errors.DeviceOverload).to_dict()
    assert found["code_name"] == "DEVICE_OVERLOAD"
    assert (found["message"], found["file"], found["line"]) == ("what happened", "program.py", 42)
    assert (found["in_doubt"], found["retryable"], found["node"]) == (True, False, "BB9")
    assert (found["elapsed"], found["subcode"], found["server_message"]) == (12.25, 4, "words of the server")
    assert found["hint"] == "do it differently"
    assert found["context"]["key"] == {
        "namespace": "test", "set": "users", "user_key": USER_KEY, "digest": bytes(range(20)).hex()
    }  # fmt: skip
    assert found["context"]["bins"] == ["name", "age"]
    assert found["context"]["policy"]["ttl"] == 60
    assert [row["code"] for row in found["attempts"]] == [-10, 18]
    assert found["attempts"][0]["message"] == "connection reset"


def test_to_dict_gives_codes_as_numbers() -> None:
    """Codes in attempts and seeds are numbers, whether the client or a node made them."""
    attempt = Attempt("N", "h:1", sent=False, answered=False, code=errors.ResultCode.CONNECTION, elapsed=1.0)
    seed = errors.SeedFailure("h:1", None, "connecting", errors.ResultCode.TIMEOUT, "m")
    found = errors.ConnectionError(
        context=errors.ConnectContext("connect", None, (seed,)), attempts=[attempt]
    ).to_dict()
    assert found["attempts"][0]["code"] == -10
    assert found["context"]["seeds"][0]["code"] == 9


@for_each("user_key", [1, "k", b"\x00\xff", bytearray(b"\x01"), "\ud800"])
def test_to_dict_takes_every_type_of_user_key(user_key: Any) -> None:
    """User keys of all types, odd ones too, can be written as JSON."""
    context = RecordContext("get", None, Key("test", None, user_key, None))
    json.dumps(MIDDLEWARE.error(2, context).to_dict())


def test_errors_can_be_logged(caplog: pytest.LogCaptureFixture) -> None:
    """``logger.exception`` prints the notes without failing."""
    try:
        raise sample(errors.TimeoutError)
    except errors.TimeoutError:
        logging.getLogger("program").exception("it failed")
    assert "Hint: do it differently" in caplog.text


# Privacy

SECRET = "s3cret-value"
NUMBER = 987_654_321_987_654_321_987


def everything(error: BaseException) -> str:
    """All that anybody can read of an error and of what caused it, pickled form included."""
    parts = []
    seen: BaseException | None = error
    while seen is not None:
        parts += [str(seen), repr(seen), repr(seen.args), repr(vars(seen)), "\n".join(getattr(seen, "__notes__", []))]
        parts += traceback.format_exception(seen)
        if isinstance(seen, AerospikeError):
            parts += [json.dumps(seen.to_dict()), repr(seen.context), repr(pickle.dumps(seen))]
        parts += [everything(inner) for inner in getattr(seen, "exceptions", ())]
        seen = seen.__cause__ or seen.__context__
    return "\n".join(parts).replace("SECRET", "").replace("NUMBER", "")


async def _caught(awaitable: Any) -> AerospikeError:
    try:
        await awaitable
    except AerospikeError as error:
        error.__traceback__ = None  # source lines of this test would show what it passes in
        return error
    pytest.fail("nothing was raised")


@for_each("code", [2, 4, 9, 13, 22, 100, 99])
async def test_bin_values_never_show(client: Any, server: Any, code: int) -> None:
    """Whatever the node answers, the values that were to be written are nowhere on the error."""
    server.faults.on("any").answer(code, "words")
    key = ("test", "demo", 1)
    calls = [
        client.put(key, {"a": SECRET, "b": [SECRET], "c": {SECRET: SECRET}, "d": SECRET.encode()}),
        client.append(key, "a", SECRET),
        client.prepend(key, "a", SECRET.encode()),
        client.apply(key, "module", "function", [SECRET, {SECRET: 1}]),
    ]
    for call in calls:
        text = everything(await _caught(call))
        assert SECRET not in text
        assert SECRET.encode().hex() not in text


@for_each(
    "value",
    [NUMBER, [NUMBER], {"m": NUMBER}, {NUMBER: 1}, {SECRET: object()}, [SECRET, object()], {(SECRET,): {1.5: 2}},
     f"{SECRET}\ud800", [f"{SECRET}\ud800"]],
)  # fmt: skip
async def test_values_that_cannot_be_sent_never_show(client: Any, value: Any) -> None:
    """A refusal of a value names the bin and the type, not the value."""
    for call in (client.put(("test", "demo", 1), {"a": value}), client.apply(("test", "demo", 1), "m", "f", [value])):
        text = everything(await _caught(call))
        assert SECRET not in text
        assert str(NUMBER) not in text


async def test_passwords_never_show(make_client: Any) -> None:
    """Neither a refused login nor a refused or failing admin command shows a password or its hash."""
    from aerospike_wire.cluster.login import hash_password
    from aerospike_wire.embedded import EmbeddedServer

    users = {"admin": (SECRET, ["user-admin"])}
    with EmbeddedServer(users=users) as secured:
        wrong = make_client(secured.address, user="admin", password=f"{SECRET}-wrong")
        right = make_client(secured.address, user="admin", password=SECRET)
        found = [
            await _caught(wrong.connect()),
            await _caught(right.admin_create_user("admin", f"{SECRET}2", ["read"])),
            await _caught(right.admin_create_user("bob", SECRET * 10, ["read"])),
            await _caught(right.admin_create_user("bob", f"{SECRET}2", ["no-such-role"])),
            await _caught(right.admin_create_user("bob", SECRET.encode(), ["read"])),
        ]
        for password in (f"{SECRET}-wrong", SECRET, f"{SECRET}2"):
            hashed = hash_password(password).decode()
            assert not [error for error in found if hashed in everything(error)]
        assert not [error for error in found if SECRET in everything(error)]
        assert SECRET not in repr(wrong) + repr(right) + repr(right.client._core.config)


async def test_digest_detail_hides_user_keys_everywhere(make_client: Any, server: Any) -> None:
    """With ``error_detail="digest"`` no error of any call shows a user key; the digest is there instead."""
    client = make_client(server.address, error_detail="digest")
    key = ("test", "demo", SECRET)
    number = ("test", "demo", NUMBER)
    server.faults.on("append").answer(18)
    server.faults.on("touch").close(after=True)
    server.faults.on("batch").answer(152)
    found = [
        await _caught(client.get(key)),
        await _caught(client.get(key, policy={"key": 1})),
        await _caught(client.append(key, "a", "x")),
        await _caught(client.touch(key)),
        await _caught(client.apply(key, "m", "f", [])),
        await _caught(client.batch_read([key, ("test", "demo", SECRET.encode())])),
        await _caught(client.put(key, {"a" * 16: 1})),
        await _caught(client.put(key, {"a": object()})),
        await _caught(client.get(number)),
        await _caught(client.get(("test", 5, SECRET))),
    ]
    for error in found:
        text = everything(error)
        assert SECRET not in text, error
        assert str(NUMBER) not in text, error
        assert SECRET.encode().hex() not in text
    record = found[0].context
    assert record is not None
    assert record.digest is not None
    assert f"test/demo/digest {record.digest.hex()}" in str(found[0])
    server.faults.clear()
    rows = await client.batch_read([key])
    assert SECRET not in everything(rows[0].error)


async def test_digest_detail_hides_keys_from_hooks(make_client: Any, server: Any) -> None:
    """Hooks get the redacted context too, so that what they log is redacted."""
    seen: list[Any] = []
    client = make_client(server.address, error_detail="digest", error_hooks=[lambda failure: seen.append(failure.key)])
    await _caught(client.get(("test", "demo", SECRET)))
    assert seen[0].user_key is None
    assert len(seen[0].digest) == 20


def test_redacted_contexts_of_all_families() -> None:
    """Redaction takes the user keys out of each family's context and leaves the rest."""
    for context in CONTEXTS.values():
        redacted = context.redacted()
        assert USER_KEY not in repr(redacted)
        assert type(redacted) is type(context)
        assert redacted.operation == context.operation
        assert redacted.digest == context.digest
        assert redacted.bins == context.bins


def test_filters_do_not_show() -> None:
    """A filter expression may hold values, so it is not part of what a policy shows."""
    from aerospike_wire.policy import ReadPolicy

    context = RecordContext("get", ReadPolicy(expressions=SECRET.encode()), KEY)
    error = MIDDLEWARE.error(27, context, attempts=ATTEMPTS)
    assert SECRET not in json.dumps(error.to_dict()) + repr(error.context) + str(error)
    assert SECRET.encode().hex() not in json.dumps(error.to_dict())


@for_each(
    ("asked", "says"),
    [
        (
            [operations.expression_read("r", IntBin("text").compile())],
            "a bin that it reads is missing or of another type",
        ),
        ([operations.expression_write("r", IntBin("none").compile())], "EVAL_NO_FAIL"),
        (
            [operations.write("n", 1), operations.expression_read("r", IntBin("text").compile())],
            "a bin that it reads is missing or of another type",
        ),
        ([operations.list_get("list", 99)], "an index or rank may be out of range"),
    ],
)
async def test_the_hint_of_an_operation_that_does_not_apply(client: Any, asked: Any, says: str) -> None:
    """What a 26 means depends on the operation: expressions fail with it where they have no value."""
    await client.put(("test", "demo", 26), {"text": "x", "list": [1]})
    with pytest.raises(errors.OpNotApplicable) as caught:
        await client.operate(("test", "demo", 26), asked)
    assert says in caught.value.hint
