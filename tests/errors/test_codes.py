"""The table of facts: one row per code, complete and consistent in itself."""

from __future__ import annotations

import string

import attrs
import pytest
from cases import for_each

from aerospike_wire import errors
from aerospike_wire.errors import FACTS, CodeFacts, ConnectionFate, ResultCode, Retry, Sender

ROWS = list(FACTS.values())
each_row = for_each("row", ROWS, ids=lambda row: row.code.name)


def test_every_code_has_one_row() -> None:
    """Rows and members of ResultCode are the same set, each row under its own number."""
    assert [row.code for row in ROWS] == list(ResultCode)
    assert list(FACTS) == [code.value for code in ResultCode]


def test_the_table_cannot_be_changed() -> None:
    """Neither the table nor a row of it can be written to."""
    with pytest.raises(TypeError):
        FACTS[2] = FACTS[3]  # type: ignore[index]
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        FACTS[2].retry = Retry.AUTO  # type: ignore[misc]


@each_row
def test_meanings_are_single_plain_sentences(row: CodeFacts) -> None:
    """The meaning begins a message after a colon: no capital for its own sake, no full stop, one line."""
    assert row.meaning == row.meaning.strip()
    assert len(row.meaning) >= 10
    assert row.meaning[-1] not in ".!?:;,"
    assert "\n" not in row.meaning
    first = row.meaning.split()[0]
    assert first == first.lower() or first.isupper() or first == "Lua" or not first.isalpha(), first
    assert "AEROSPIKE_ERR" not in row.meaning


@each_row
def test_hints_are_advice_that_the_text_can_end_with(row: CodeFacts) -> None:
    """A hint is printed with a full stop behind it and says more than the meaning."""
    if row.hint is None:
        return
    assert row.hint == row.hint.strip()
    assert row.hint[-1] not in string.punctuation.replace(")", "").replace("'", "")
    assert "\n" not in row.hint
    assert row.hint != row.meaning


def test_meanings_tell_codes_apart() -> None:
    """No two codes have the same meaning."""
    assert len({row.meaning for row in ROWS}) == len(ROWS)


@each_row
def test_rows_name_existing_classes(row: CodeFacts) -> None:
    """The class of a row is the one that the code raises; OK is no error and has none."""
    if row.code is ResultCode.OK:
        assert row.exception is None
    else:
        assert row.exception is not None
        assert getattr(errors, row.exception) is errors.class_of(row.code)


@each_row
def test_senders_fit_the_sign(row: CodeFacts) -> None:
    """Negative codes come from clients, others from servers, but for the two Lua numbers of the client."""
    made_here = row.sender in {Sender.CLIENT, Sender.PEER_CLIENT}
    local = row.code in {ResultCode.UDF_NOT_FOUND, ResultCode.LUA_FILE_NOT_FOUND}
    assert made_here is (row.code < 0 or local)


RETRIED = {
    ResultCode.TIMEOUT,
    ResultCode.CLUSTER,
    ResultCode.DEVICE_OVERLOAD,
    ResultCode.CONNECTION,
    ResultCode.MAX_ERROR_RATE,
    ResultCode.NO_MORE_CONNECTIONS,
    ResultCode.INVALID_NODE,
}
"""What the official clients retry for single records: node trouble that another try may not meet.

The C and Java clients do not retry the last, the Go and Rust clients do.
"""


@each_row
def test_only_node_trouble_is_retried_at_once(row: CodeFacts) -> None:
    """The client repeats a request by itself for the codes that official clients retry, and no others."""
    assert (row.retry is Retry.AUTO) is (row.code in RETRIED)


@each_row
def test_transient_follows_from_retry(row: CodeFacts) -> None:
    """A code is transient exactly if the same request may succeed at once, after a login or later."""
    assert row.transient is (row.retry in {Retry.AUTO, Retry.RELOGIN, Retry.LATER})


@each_row
def test_transient_codes_say_what_to_wait_for(row: CodeFacts) -> None:
    """Codes that servers of today send and that may pass by come with advice."""
    if row.transient and row.sender in {Sender.SERVER, Sender.ENTERPRISE, Sender.CLIENT}:
        assert row.hint


@for_each(
    "code",
    [
        ResultCode.RECORD_NOT_FOUND,
        ResultCode.RECORD_GENERATION,
        ResultCode.RECORD_EXISTS,
        ResultCode.INVALID_REQUEST,
        ResultCode.RECORD_KEY_MISMATCH,
        ResultCode.NAMESPACE_NOT_FOUND,
        ResultCode.BIN_NAME,
        ResultCode.FILTERED_OUT,
        ResultCode.ROLE_VIOLATION,
        ResultCode.INVALID_CREDENTIAL,
        ResultCode.PARAM,
        ResultCode.OK,
    ],
)
def test_definite_answers_are_never_retried(code: ResultCode) -> None:
    """A request that was understood and refused gets the same answer again."""
    assert FACTS[code].retry is Retry.NEVER


def test_doubt_is_only_for_answers_that_do_not_say() -> None:
    """Of the server's codes only its timeout leaves open whether a write was applied."""
    assert {row.code for row in ROWS if row.doubt and row.code >= 0} == {ResultCode.TIMEOUT}


@each_row
def test_untrusted_streams_are_closed(row: CodeFacts) -> None:
    """A connection that carried a whole answer is kept, unless the login or the stream itself is over."""
    closing = {
        ResultCode.CONNECTION, ResultCode.TLS, ResultCode.ASYNC_CONNECTION, ResultCode.CLIENT,
        ResultCode.CLIENT_ABORT, ResultCode.SCAN_ABORTED, ResultCode.QUERY_ABORTED,
        ResultCode.EXPIRED_SESSION, ResultCode.NOT_AUTHENTICATED,
    }  # fmt: skip
    assert (row.connection is ConnectionFate.CLOSE) is (row.code in closing)
