"""What one exception object carries, and that it is its own."""

from __future__ import annotations

import asyncio
import builtins
import copy
import errno
import threading
from typing import Any

import pytest
from cases import for_each
from error_samples import ATTEMPTS, CLASSES, CONTEXTS, sample, state

from aerospike_wire import errors
from aerospike_wire.errors import AerospikeError, Attempt, ErrorMiddleware, RecordContext
from aerospike_wire.types import Key

CODES = [code for code in errors.FACTS if code != 0]


@for_each("cls", CLASSES)
def test_args_are_always_five(cls: type[AerospikeError]) -> None:
    """``args`` is code, message, file, line and doubt on every class, and the attributes agree with it."""
    error = sample(cls)
    assert error.args == (cls.code, "what happened", "program.py", 42, True)
    assert (error.code, error.msg, error.file, error.line, error.in_doubt) == error.args
    assert error.args[4] is True


@for_each("code", CODES)
def test_args_of_translated_errors_are_five(code: int) -> None:
    """The middleware fills all five for every code, with the row's meaning as the message."""
    error = ErrorMiddleware().error(code, CONTEXTS["record"], in_doubt=True)
    assert type(error) is errors.class_of(code)
    assert len(error.args) == 5
    assert error.args[:2] == (code, errors.FACTS[code].meaning)
    assert error.args[4] is True
    assert (error.code, error.msg, error.file, error.line, error.in_doubt) == error.args


@for_each("cls", [cls for cls in CLASSES if cls is not errors.ProtocolError])
def test_errors_can_be_made_from_a_message_alone(cls: type[AerospikeError]) -> None:
    """A fake can raise any class with only words; code and hint then come from the class."""
    error = cls("words of a fake")
    assert error.args == (cls.code, "words of a fake", None, None, False)
    row = error.facts
    assert error.hint == (None if row is None else row.hint)


@for_each("cls", [cls for cls in CLASSES if cls is not errors.ProtocolError])
def test_the_five_can_be_given_by_position(cls: type[AerospikeError]) -> None:
    """The constructor takes the five of args in their order, so that ``type(e)(*e.args)`` works."""
    error = cls(77, "m", "f.py", 3, True)
    assert error.args == (77, "m", "f.py", 3, True)
    assert type(error)(*error.args).args == error.args


def test_attributes_live_on_the_instance() -> None:
    """Nothing that an instance carries is written to its class."""
    before = dict(vars(errors.RecordNotFound))
    error = sample(errors.RecordNotFound)
    assert dict(vars(errors.RecordNotFound)) == before
    own = {"code", "msg", "file", "line", "in_doubt", "context", "attempts", "elapsed", "subcode", "hint"}
    assert own <= set(vars(error))


@for_each("code", CODES)
@for_each("in_doubt", [False, True])
def test_the_middleware_and_the_constructor_agree(code: int, in_doubt: bool) -> None:
    """An error that a program makes for a code has the attributes, message and hint of a translated one."""
    translated = ErrorMiddleware().error(code, CONTEXTS["record"], in_doubt=in_doubt, attempts=ATTEMPTS)
    own = errors.class_of(code)(code, in_doubt=in_doubt, context=CONTEXTS["record"], attempts=ATTEMPTS)
    place = {"file": None, "line": None}
    assert vars(translated) | place == vars(own) | place
    assert list(vars(translated)) == list(vars(own))


def _distinct(cls: type[AerospikeError], number: int) -> AerospikeError:
    """An error whose every fact says which one it is."""
    key = Key("test", "demo", number, bytes([number % 256] * 20))
    attempt = Attempt(f"N{number}", f"h:{number}", sent=True, answered=True, code=number, elapsed=float(number))
    error = cls.__new__(cls)
    AerospikeError.__init__(
        error,
        cls.code,
        f"m{number}",
        f"f{number}",
        number,
        bool(number % 2),
        context=RecordContext("get", None, key, (f"b{number}",)),
        attempts=(attempt,),
        elapsed=float(number),
        subcode=number,
        server_message=f"s{number}",
        hint=f"h{number}",
    )
    return error


@for_each("cls", CLASSES)
def test_two_live_errors_keep_their_own_facts(cls: type[AerospikeError]) -> None:
    """A second failure of a class changes nothing on the one that is held."""
    first = _distinct(cls, 1)
    before = copy.deepcopy(state(first))
    second = _distinct(cls, 2)
    second.add_note("only here")
    assert state(first) == before
    assert state(second) != before


def test_errors_of_threads_keep_their_own_facts() -> None:
    """Threads that fail at the same time with one class never see each other's facts."""
    start = threading.Barrier(8)
    wrong: list[Any] = []

    def work(offset: int) -> None:
        start.wait()
        held = [(number, _distinct(errors.RecordNotFound, number)) for number in range(offset, offset + 200)]
        for number, error in held:
            assert isinstance(error, errors.RecordNotFound)
            if (error.msg, error.line, error.subcode, error.bin) != (f"m{number}", number, number, f"b{number}"):
                wrong.append(error)

    threads = [threading.Thread(target=work, args=(1000 * number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


async def test_errors_of_tasks_keep_their_own_facts(client: Any) -> None:
    """Tasks that miss different keys at once hold errors that name their own key."""

    async def miss(number: int) -> tuple[int, errors.RecordNotFound]:
        with pytest.raises(errors.RecordNotFound) as caught:
            await client.get(("test", "demo", number))
        return number, caught.value

    for number, error in await asyncio.gather(*(miss(number) for number in range(50))):
        assert error.key is not None
        assert error.key.user_key == number
        assert f"test/demo/{number}:" in str(error)


@pytest.mark.parametrize(
    ("code", "cls"), [(99, errors.ServerError), (254, errors.ServerError), (-77, errors.ClientError)]
)
def test_unknown_codes_keep_their_number(code: int, cls: type[AerospikeError]) -> None:
    """A code of the future raises the base of its side, with the number kept and said."""
    error = ErrorMiddleware().error(code, CONTEXTS["record"])
    assert type(error) is cls
    assert error.code == error.args[0] == code
    assert str(code) in str(error)
    assert error.facts is None
    assert not error.retryable
    assert error.to_dict()["code"] == code
    assert cls.code != code


async def test_an_unknown_code_of_a_node_arrives_as_server_error(client: Any, server: Any) -> None:
    """A node that answers a number nobody knows raises ServerError with that number."""
    server.faults.on("get").answer(99)
    with pytest.raises(errors.ServerError) as caught:
        await client.get(("test", "demo", 1))
    assert type(caught.value) is errors.ServerError
    assert caught.value.code == 99


def test_oserror_does_not_eat_the_arguments() -> None:
    """Errors that are also OSErrors keep args, text and no errno, however they are made."""
    for cls in (errors.TimeoutError, errors.ConnectionError, errors.AsyncConnectionError):
        error = cls(cls.code, "m", "file.py", 7, True)
        assert isinstance(error, OSError)
        assert error.args == (cls.code, "m", "file.py", 7, True)
        assert error.errno is None
        assert error.filename is None
        assert str(error).startswith(f"{cls.__name__} ({cls.code}): m")
        assert "Errno" not in str(error)
        assert type(cls(errno.ENOENT, "m")) is cls, "OSError would have made a FileNotFoundError of it"


@pytest.mark.parametrize(
    ("cls", "builtin"),
    [(errors.TimeoutError, builtins.TimeoutError), (errors.ConnectionError, builtins.ConnectionError)],
)
def test_the_base_is_found_before_the_builtin(cls: type[AerospikeError], builtin: type[Exception]) -> None:
    """Methods of the hierarchy win over those of OSError."""
    mro = cls.__mro__
    assert mro.index(AerospikeError) < mro.index(builtin)


@for_each(
    ("cls", "names"),
    [
        (errors.RecordError, ("key", "bin")),
        (errors.IndexError, ("name",)),
        (errors.UDFError, ("module", "func", "key")),
        (errors.AdminError, ("user", "role")),
        (errors.TransactionError, ("key",)),
        (errors.ParamError, ("argument",)),
    ],
)
def test_families_add_their_attributes(cls: type[AerospikeError], names: tuple[str, ...]) -> None:
    """All classes of a family have its attributes, None where the request had no such fact."""
    for member in (member for member in CLASSES if issubclass(member, cls)):
        assert set(names) <= set(member.family_attributes)
        bare = sample(member, context=CONTEXTS["client"])
        assert [getattr(bare, name) for name in names] == [None] * len(names)


def test_family_attributes_come_from_the_context() -> None:
    """Each family reads its attributes from the request's own facts."""
    record = sample(errors.BinIncompatibleType, context=RecordContext("append", None, Key("test", "s", 1), ("a",)))
    assert (record.key, record.bin) == (("test", "s", 1, None), "a")  # type: ignore[attr-defined]
    index = sample(errors.IndexNotFound, context=CONTEXTS["index"])
    assert index.name == "by_age"  # type: ignore[attr-defined]
    udf = sample(errors.UDFError, context=CONTEXTS["udf"])
    assert (udf.module, udf.func) == ("mymodule", "myfunction")  # type: ignore[attr-defined]
    admin = sample(errors.InvalidRole, context=CONTEXTS["admin"])
    assert (admin.user, admin.role) == ("alice", "read-write")  # type: ignore[attr-defined]


@for_each("family", CONTEXTS)
def test_contexts_of_all_families_have_the_same_facts(family: str) -> None:
    """A hook may ask any context for any fact and gets None instead of an AttributeError."""
    context = CONTEXTS[family]
    names = ("namespace", "set", "key", "digest", "bin", "index", "module", "function", "user", "role")
    assert all(getattr(context, name, "missing") != "missing" for name in names)
    assert isinstance(context.bins, tuple)
    assert context.describe().startswith(context.operation)


def test_contexts_cannot_be_changed() -> None:
    """The facts of a request are frozen."""
    for context in CONTEXTS.values():
        with pytest.raises(AttributeError):
            context.operation = "other"  # type: ignore[misc]


def test_node_is_that_of_the_last_try() -> None:
    """``node`` names the last node, or its address while the name is not known."""
    assert sample(errors.RecordNotFound).node == "BB9"
    unnamed = ATTEMPTS[0]._replace(node=None)
    assert errors.RecordNotFound(attempts=(ATTEMPTS[0], unnamed)).node == "10.0.0.1:3000"
    assert errors.RecordNotFound().node is None


@for_each("code", CODES)
def test_retryable_follows_the_row_and_the_doubt(code: int) -> None:
    """An error is retryable if its code is transient and the write cannot be applied twice."""
    middleware = ErrorMiddleware()
    row = errors.FACTS[code]
    assert middleware.error(code, CONTEXTS["record"]).retryable is (row.retry is not errors.Retry.NEVER)
    assert middleware.error(code, CONTEXTS["record"], in_doubt=True).retryable is False


def test_matches_compares_codes() -> None:
    """``matches`` takes codes as numbers or members."""
    error = errors.TimeoutError()
    assert error.matches(errors.ResultCode.TIMEOUT)
    assert error.matches(2, 9)
    assert not error.matches(2)


def test_a_subclass_of_a_program_stands_for_its_parents_code() -> None:
    """A program's own subclass inherits the code and does not take the class's place."""

    class Missing(errors.RecordNotFound):
        """A program's own."""

    assert Missing("no user").code == 2
    assert errors.class_of(2) is errors.RecordNotFound
