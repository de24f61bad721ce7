"""Commands on one record: the bytes of requests, and what replies mean."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pytest
from cases import for_each
from hypothesis import given as example
from hypothesis import settings
from hypothesis import strategies as st
from strategies import damaged
from vectors import encoded, given, vector

from aerospike_wire.errors import ParamError, ProtocolError, ResultCode
from aerospike_wire.policy import Policies, ReadPolicy
from aerospike_wire.proto import keys
from aerospike_wire.proto.commands.base import Features
from aerospike_wire.proto.commands.bins import time_to_live
from aerospike_wire.proto.commands.reads import ExistsCommand, Get, Select
from aerospike_wire.proto.commands.writes import Append, Increment, Prepend, Put, Remove, RemoveBin, Touch
from aerospike_wire.proto.header import CITRUSLEAF_EPOCH
from aerospike_wire.proto.invalid import InvalidArgument
from aerospike_wire.types import Key, Record

if TYPE_CHECKING:
    from aerospike_wire.proto.commands.base import Command

KEY = ("test", "demo", "k1")
FILTER = bytes.fromhex("93019351 02a16105".replace(" ", ""))
ONE = {"a": 1}

REQUESTS: dict[str, Any] = {
    "message/get_all": lambda: Get(KEY),
    "message/get_noset": lambda: Get(("test", None, 7)),
    "message/get_key_send": lambda: Get(KEY, {"key": 1}),
    "message/get_intkey_send": lambda: Get(("test", "demo", -5), {"key": 1}),
    "message/get_blobkey_send": lambda: Get(("test", "demo", bytearray(b"\1\2")), {"key": 1}),
    "message/get_by_digest": lambda: Get(("test", "demo", None, bytes(19) + b"\1")),
    "message/select": lambda: Select(KEY, bins=["a", "bb"]),
    "message/exists": lambda: ExistsCommand(KEY),
    "message/get_timeouts": lambda: Get(KEY, {"socket_timeout": 200, "total_timeout": 500}),
    "message/get_no_timeout": lambda: Get(KEY, {"socket_timeout": 0, "total_timeout": 0}),
    "message/get_ap_all": lambda: Get(KEY, {"read_mode_ap": 1}),
    "message/get_sc_linearize": lambda: Get(KEY, {"read_mode_sc": 1}),
    "message/get_sc_allow_replica": lambda: Get(KEY, {"read_mode_sc": 2}),
    "message/get_sc_allow_unavailable": lambda: Get(KEY, {"read_mode_sc": 3}),
    "message/get_touch_ttl": lambda: Get(KEY, {"read_touch_ttl_percent": 80}),
    "message/get_touch_never": lambda: Get(KEY, {"read_touch_ttl_percent": -1}),
    "message/get_filter": lambda: Get(KEY, {"expressions": FILTER}),
    "message/put": lambda: Put(KEY, bins={"a": 1, "b": "x"}),
    "message/put_ttl": lambda: Put(KEY, meta={"ttl": 300}, bins=ONE),
    "message/put_ttl_never": lambda: Put(KEY, meta={"ttl": -1}, bins=ONE),
    "message/put_ttl_keep": lambda: Put(KEY, meta={"ttl": -2}, bins=ONE),
    "message/put_exists_create": lambda: Put(KEY, {"exists": 1}, bins=ONE),
    "message/put_exists_update": lambda: Put(KEY, {"exists": 2}, bins=ONE),
    "message/put_exists_replace": lambda: Put(KEY, {"exists": 3}, bins=ONE),
    "message/put_exists_create_or_replace": lambda: Put(KEY, {"exists": 4}, bins=ONE),
    "message/put_gen_eq": lambda: Put(KEY, {"gen": 1}, {"gen": 7}, ONE),
    "message/put_gen_gt": lambda: Put(KEY, {"gen": 2}, {"gen": 7}, ONE),
    "message/put_commit_master": lambda: Put(KEY, {"commit_level": 1}, bins=ONE),
    "message/put_durable": lambda: Put(KEY, {"durable_delete": True}, bins=ONE),
    "message/put_key_send": lambda: Put(KEY, {"key": 1}, bins=ONE),
    "message/remove": lambda: Remove(KEY),
    "message/remove_gen_durable": lambda: Remove(KEY, {"gen": 1, "durable_delete": True}, {"gen": 3}),
    "message/remove_bin": lambda: RemoveBin(KEY, bins=["a", "b"]),
    "message/touch": lambda: Touch(KEY, val=60),
    "message/append": lambda: Append(KEY, bin="s", value="tail"),
    "message/prepend": lambda: Prepend(KEY, bin="s", value="head"),
    "message/increment": lambda: Increment(KEY, bin="n", value=5),
}


@for_each("name", REQUESTS)
def test_request_has_the_official_clients_bytes(name: str) -> None:
    """The captured bytes of the official client, for every command and policy."""
    assert encoded(REQUESTS[name]()).hex() == vector(name).hex(), given(name)


def test_reads_of_one_set_do_not_take_each_others_beginnings() -> None:
    """Requests begin alike for a set, policy, command and kind of node; mixed in any way each keeps its bytes."""
    short = ReadPolicy(total_timeout=500, socket_timeout=0)
    kinds: list[tuple[Any, Any]] = [(Get, None), (ExistsCommand, None), (Get, short), (ExistsCommand, short)]
    wanted: dict[tuple[int, bool, int], bytes] = {}
    for turn in range(3):
        for at, (kind, policy) in enumerate(kinds):
            for details in (False, True):
                for key in range(2):
                    found = encoded(kind(("test", "beginnings", key), policy), Features(error_details=details))
                    assert found == wanted.setdefault((at, details, key), found), turn
    assert len(set(wanted.values())) == len(wanted)
    for (at, details, key), found in wanted.items():
        kind, policy = kinds[at]
        alone = kind(("test", "beginnings", key), policy)
        alone.prepare(Policies())
        alone.place = keys.Place("test", alone.place.fields, alone.place.set)
        assert alone.encode(Features(error_details=details)) == found


def test_details_of_errors_are_asked_of_servers_that_have_them() -> None:
    """With the feature the default policy makes the bytes that the official client makes when asked."""
    assert encoded(Put(KEY, bins=ONE), Features(error_details=True)) == vector("message/put_error_details")
    quiet = Put(KEY, {"error_detail_verbosity": 0}, bins=ONE)
    assert encoded(quiet, Features(error_details=True)) == encoded(Put(KEY, bins=ONE))


@for_each(
    ("policy", "milliseconds"),
    [
        ({}, 1000),
        ({"socket_timeout": 400}, 400),
        ({"socket_timeout": 5000, "total_timeout": 2000}, 2000),
        ({"socket_timeout": 2500, "total_timeout": 0}, 0),
        ({"socket_timeout": 0, "total_timeout": 700}, 700),
    ],
)
def test_server_is_told_how_long_it_may_take(policy: dict[str, int], milliseconds: int) -> None:
    """The shorter of the two timeouts, and 0 for a call without a limit, as the official client says it."""
    for command in (Get(KEY, policy), Put(KEY, policy, bins=ONE), Select(KEY, policy, bins=["a"])):
        assert int.from_bytes(encoded(command)[22:26], "big") == milliseconds


def test_filter_of_every_command_stands_behind_the_key() -> None:
    """A filter is the last field of every request on a record."""
    policy = {"expressions": FILTER, "key": 1}
    for command in (Get(KEY, policy), Put(KEY, policy, bins=ONE), Remove(KEY, policy), Touch(KEY, policy)):
        whole = encoded(command)
        assert b"\0\0\0\4\2\3k1\0\0\0\x09\x2b" + FILTER in whole


def test_generation_and_ttl_come_from_meta_before_the_policy() -> None:
    """What the call says counts more than what the policy says, unless it says "as the policy"."""

    def header(command: Command[Any]) -> tuple[int, int]:
        whole = encoded(command)
        return int.from_bytes(whole[14:18], "big"), int.from_bytes(whole[18:22], "big")

    assert header(Put(KEY, {"ttl": 50}, {"ttl": 60}, ONE))[1] == header(Put(KEY, {"ttl": 60}, bins=ONE))[1]
    assert encoded(Put(KEY, {"ttl": 50}, {"ttl": -3}, ONE)) == encoded(Put(KEY, {"ttl": 50}, bins=ONE))
    assert encoded(Touch(KEY, val=5, meta={"ttl": 60})) == encoded(Touch(KEY, val=5))
    assert encoded(Touch(KEY, meta={"ttl": 60})) == encoded(Touch(KEY, val=60))
    assert encoded(Touch(KEY, {"ttl": 60})) == encoded(Touch(KEY, val=60))
    assert encoded(Remove(KEY, {"gen": 1, "generation": 3, "durable_delete": True})) == vector(
        "message/remove_gen_durable"
    )


def test_generation_without_a_policy_that_compares_it_is_not_sent() -> None:
    """A generation in meta is compared only if the policy says so."""
    assert encoded(Put(KEY, meta={"gen": 9}, bins=ONE)) == encoded(Put(KEY, bins=ONE))


WRONG: list[tuple[Any, str, int]] = [
    (lambda: Put(KEY, bins=None), "bins", -2),
    (lambda: Put(KEY, bins=[("a", 1)]), "bins", -2),
    (lambda: Put(KEY, bins={"x" * 16: 1}), "bins", 21),
    (lambda: Put(KEY, bins={1: 1}), "bins", -2),
    (lambda: Put(KEY, bins={"a": object()}), "bin 'a'", -2),
    (lambda: Put(KEY, bins={"a": 2**63}), "bin 'a'", -2),
    (lambda: Put(KEY, meta=5, bins=ONE), "meta", -2),
    (lambda: Put(KEY, meta={"tll": 5}, bins=ONE), "meta", -2),
    (lambda: Put(KEY, meta={"ttl": "5"}, bins=ONE), "meta ttl", -2),
    (lambda: Put(KEY, meta={"ttl": True}, bins=ONE), "meta ttl", -2),
    (lambda: Put(KEY, meta={"ttl": 2**32}, bins=ONE), "meta ttl", -2),
    (lambda: Put(KEY, meta={"gen": -1}, bins=ONE), "meta gen", -2),
    (lambda: Put(KEY, meta={"gen": 1.5}, bins=ONE), "meta gen", -2),
    (lambda: Select(KEY, bins="a"), "bins", -2),
    (lambda: Select(KEY, bins=None), "bins", -2),
    (lambda: Select(KEY, bins=[1]), "bins", -2),
    (lambda: RemoveBin(KEY, bins="a"), "list", -2),
    (lambda: Append(KEY, bin="a", value=5), "val", -2),
    (lambda: Append(KEY, bin=5, value="x"), "bin", -2),
    (lambda: Prepend(KEY, bin="a", value=None), "val", -2),
    (lambda: Increment(KEY, bin="a", value="x"), "offset", -2),
    (lambda: Increment(KEY, bin="a", value=True), "offset", -2),
    (lambda: Increment(KEY, bin="x" * 16, value=1), "bin", 21),
    (lambda: Touch(KEY, val="x"), "val", -2),
    (lambda: Get(5), "key", -2),
]


@for_each(("make", "argument", "code"), WRONG)
def test_argument_that_cannot_be_used_is_refused_before_anything_is_encoded(
    make: Any, argument: str, code: int
) -> None:
    """The error names the argument and has the code that a server would give, if it would."""
    command = make()
    with pytest.raises(InvalidArgument) as caught:
        command.prepare(Policies())
    assert caught.value.argument == argument
    assert caught.value.code == code
    assert command.context().operation == command.operation


def test_policy_that_cannot_be_used_is_refused_by_name() -> None:
    """An unknown name or a value out of range names the policy."""
    for policy, argument in (
        ({"no_such": 1}, "no_such"),
        ({"exists": 9}, "exists"),
        ({"total_timeout": -1}, "total_timeout"),
    ):
        with pytest.raises(ParamError) as caught:
            Put(KEY, policy, bins=ONE).prepare(Policies())
        assert caught.value.argument == argument


# Replies


def answered(command: Command[Any], name: str, wall: float = 0.0) -> Any:
    """The result of a command whose answer is a recorded one."""
    command.prepare(Policies())
    body = vector(name)[8:]
    assert command.code(body) == 0
    return command.decode(body, lambda: wall)


def test_record_of_a_real_server_is_read() -> None:
    """All bins, the generation, and the seconds that are left."""
    expiry = int.from_bytes(vector("message/real_get_all_reply")[18:22], "big") + CITRUSLEAF_EPOCH
    record = answered(Get(KEY), "message/real_get_all_reply", expiry - 40)
    assert isinstance(record, Record)
    assert record.key == Key(*KEY, vector("digest/00"))
    assert record.meta == {"ttl": 40, "gen": 1}
    assert record.bins == {
        "a": 5,
        "s": "hi",
        "l": [1, "x"],
        "m": {"k": 1},
        "f": 1.5,
        "t": True,
        "b": b"\1\2",
        "g": '{"type":"Point","coordinates":[1.5,2.5]}',
    }


@for_each(
    ("void_time", "wall", "left"),
    [
        (0, 0, 0xFFFF_FFFF),
        (100, CITRUSLEAF_EPOCH + 40, 60),
        (100, CITRUSLEAF_EPOCH + 100, 1),
        (100, CITRUSLEAF_EPOCH + 500, 1),
    ],
)
def test_time_to_live_is_never_zero(void_time: int, wall: int, left: int) -> None:
    """A record that a server still gives has at least a second: clocks differ."""
    assert time_to_live(void_time, lambda: wall) == left


def test_missing_record_is_the_default_where_there_is_one() -> None:
    """Without a default code 2 stays an error, with one it is an answer; exists always answers."""
    body = vector("message/real_get_not_found_reply")[8:]
    assert Get(KEY).code(body) == ResultCode.RECORD_NOT_FOUND
    assert (Get(KEY, default=None).code(body), Get(KEY, default=7).decode(body, lambda: 0.0)) == (0, 7)
    exists = ExistsCommand(KEY)
    exists.prepare(Policies())
    assert exists.code(body) == 0
    assert exists.decode(body, lambda: 0.0) == (Key(*KEY, vector("digest/00")), None)


@for_each(
    ("name", "code"),
    [("put_exists_error", 5), ("put_gen_error", 3), ("filtered", 27), ("bad_bin_name", 21), ("namespace_unknown", 20),
     ("type_error", 12), ("durable_delete_ce", 25), ("mrt_ce", 25), ("linearize_ap_ce", 25), ("key_mismatch", 19)],
)  # fmt: skip
def test_refusals_of_a_real_server_keep_their_code(name: str, code: int) -> None:
    """The code is read from the reply's header; the reply has no words."""
    command = Put(KEY, bins=ONE)
    command.prepare(Policies())
    body = vector(f"message/real_{name}_reply")[8:]
    assert command.code(body) == code
    assert command.words(body)[:2] == (None, 0)


@for_each("size", [0, 1, 5, 6, 21])
def test_reply_without_a_header_is_refused(size: int) -> None:
    """A body shorter than a header has no code."""
    with pytest.raises(ProtocolError, match="shorter"):
        Get(KEY).code(bytes(size))


REPLIES = st.one_of(
    st.binary(max_size=80),
    damaged(vector("message/real_get_all_reply")[8:]),
    damaged(vector("message/real_operate_reply")[8:]),
)


@example(REPLIES)
@settings(deadline=None, max_examples=400)
def test_any_bytes_are_a_record_or_a_protocol_error(body: bytes) -> None:
    """A reply is read, is an error with a code, or is a ProtocolError: nothing else."""
    for command in (Get(KEY), Select(KEY, bins=["a"]), ExistsCommand(KEY), Put(KEY, bins=ONE), Remove(KEY)):
        command.prepare(Policies())
        with contextlib.suppress(ProtocolError):
            if command.code(body) == 0:
                command.decode(body, lambda: 0.0)
            else:
                command.words(body)
