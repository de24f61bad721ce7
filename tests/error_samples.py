"""One filled-in error of every class, for tests that must hold for all of them."""

from __future__ import annotations

from typing import Any

from aerospike_wire import errors
from aerospike_wire.errors import (
    AdminContext,
    AerospikeError,
    Attempt,
    BatchContext,
    ConnectContext,
    ErrorContext,
    IndexContext,
    InfoContext,
    QueryContext,
    RecordContext,
    SeedFailure,
    Step,
    TransactionContext,
    UDFContext,
)
from aerospike_wire.policy import AdminPolicy, BatchPolicy, InfoPolicy, QueryPolicy, ReadPolicy, WritePolicy
from aerospike_wire.types import Key

CLASSES: list[type[AerospikeError]] = sorted(
    {
        cls
        for name in errors.__all__
        if isinstance(cls := getattr(errors, name), type) and issubclass(cls, AerospikeError)
    },
    key=lambda cls: cls.__name__,
)
"""Every public exception class, once."""

USER_KEY = "user-key-of-the-sample"
KEY = Key("test", "users", USER_KEY, bytes(range(20)))

CONTEXTS: dict[str, ErrorContext] = {
    context.family: context
    for context in (
        ErrorContext("close"),
        RecordContext("put", WritePolicy(ttl=60), KEY, ("name", "age")),
        BatchContext("batch_read", BatchPolicy(), (KEY, KEY._replace(user_key=2)), ("name",)),
        QueryContext("query", QueryPolicy(), "test", "users", "by_age", "age", ("name",), 17, 4079),
        IndexContext("index_integer_create", InfoPolicy(), "test", "users", "by_age", "age"),
        UDFContext("apply", ReadPolicy(), "mymodule", "myfunction", KEY),
        AdminContext("admin_create_user", AdminPolicy(), "alice", "read-write"),
        InfoContext("info", InfoPolicy(), "namespaces", "test", "users"),
        ConnectContext(
            "connect",
            None,
            (SeedFailure("db.example:3000", "10.0.0.1:3000", Step.LOGIN.value, 65, "refused"),),
            "alice",
        ),
        TransactionContext("commit", None, 0x1234, "test", "verified", "mark", 4, 2, 1, (KEY,)),
    )
}
"""One context of every family, with every field set."""

ATTEMPTS = (
    Attempt("BB9", "10.0.0.1:3000", sent=True, answered=False, code=-10, elapsed=1.5, message="connection reset"),
    Attempt("BB9", "10.0.0.1:3000", sent=True, answered=True, code=18, elapsed=2.5),
)


def facts(context: ErrorContext | None = None) -> dict[str, Any]:
    """What an error can be given beyond the five of args."""
    return {
        "context": CONTEXTS["record"] if context is None else context,
        "attempts": ATTEMPTS,
        "elapsed": 12.25,
        "subcode": 4,
        "server_message": "words of the server",
        "hint": "do it differently",
    }


def sample(cls: type[AerospikeError], code: int | None = None, context: ErrorContext | None = None) -> AerospikeError:
    """An error of a class with every field set to something that is not its default."""
    error = cls.__new__(cls)
    AerospikeError.__init__(
        error, cls.code if code is None else code, "what happened", "program.py", 42, True, **facts(context)
    )
    return error


def state(error: BaseException) -> dict[str, Any]:
    """Everything an error carries, to compare copies with."""
    assert isinstance(error, AerospikeError)
    names = (
        "args", "code", "msg", "file", "line", "in_doubt", "context", "attempts", "elapsed", "subcode",
        "server_message", "hint", "node", "retryable", "__notes__", *type(error).family_attributes,
    )  # fmt: skip
    return {"class": type(error), "text": str(error), **{name: getattr(error, name) for name in names}}


def fail(code: int) -> None:
    """Raise the error of a code, for instance in another process."""
    raise errors.ErrorMiddleware().error(code, CONTEXTS["record"], in_doubt=True)
