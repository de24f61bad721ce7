"""Operations in calls: flags of the request, results, errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from cases import for_each
from rawnode import RawNode, member, reply
from vectors import encoded

from aerospike_wire import operations as op
from aerospike_wire.errors import InvalidRequest, OpNotApplicable, ParamError
from aerospike_wire.operations import strings
from aerospike_wire.proto import values
from aerospike_wire.proto.commands.operate import Operate, OperateOrdered
from aerospike_wire.proto.message import Op, OpCode
from aerospike_wire.proto.values import Particle
from aerospike_wire.types import KeyOrderedDict, OrderedRecord, Record

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = ("test", "demo", "k")
READ, GET_ALL = 1, 2
WRITE, RESPOND_ALL = 1, 0x80

FLAGS: dict[str, tuple[list[op.Operation], int, int]] = {
    "whole bins": ([op.read("a"), op.write("b", 1)], READ, WRITE),
    "whole bins, reading only": ([op.read("a")], READ, 0),
    "whole bins, writing only": ([op.write("a", 1), op.touch()], 0, WRITE),
    "a list": ([op.list_append("l", 1), op.list_size("l"), op.read("a")], READ, WRITE),
    "a list, reading only": ([op.list_size("l")], READ, 0),
    "a path": ([op.select_by_path("m", [op.cdt_ctx_all_children()])], READ, 0),
    "a change by path": ([op.remove_by_path("m", [op.cdt_ctx_all_children()])], 0, WRITE),
    "a map": ([op.write("a", 1), op.map_put("m", "k", 1)], 0, WRITE | RESPOND_ALL),
    "a map, reading only": ([op.list_size("l"), op.map_size("m")], READ, RESPOND_ALL),
    "bits": ([op.bit_count("b", 0, 8)], READ, RESPOND_ALL),
    "a sketch": ([op.hll_refresh_count("h")], 0, WRITE | RESPOND_ALL),
    "an expression": ([op.expression_read("r", b"\x07"), op.write("a", 1)], READ, WRITE | RESPOND_ALL),
    "text": ([strings.strlen("s")], READ, RESPOND_ALL),
    "the whole record": ([op.read()], READ | GET_ALL, 0),
    "the whole record after a write": ([op.write("a", 1), op.read()], READ | GET_ALL, WRITE),
    "the whole record after a map": ([op.map_put("m", "k", 1), op.read()], READ | GET_ALL, WRITE),
}


@for_each("name", FLAGS)
def test_flags_of_the_request(name: str) -> None:
    """A result of every operation is asked for only where the official client asks, and never with the whole record."""
    operations, info1, info2 = FLAGS[name]
    for command in (Operate, OperateOrdered):
        request = encoded(command(KEY, operations=operations))
        assert (request[9], request[10]) == (info1, info2)


def test_reading_the_whole_record_is_an_operation_without_name() -> None:
    """A read of everything travels as a read of no bin."""
    assert encoded(Operate(KEY, operations=[op.read()])).endswith(bytes.fromhex("0000000401000000"))


def node(answer: Callable[[bytes], bytes | None], seen: list[bytes] | None = None) -> RawNode:
    """A node with one answer to every data request."""

    def keep(request: bytes) -> bytes | None:
        if seen is not None:
            seen.append(request)
        return answer(request)

    return RawNode(member(keep))


def result(name: str, value: Any, code: int = OpCode.READ) -> bytes:
    """A result of an operation, as a node sends it."""
    particle, data = values.encode(value)
    return Op(code, name.encode(), particle, data).pack()


@for_each("others", [[op.read("a")], [op.list_size("l"), op.write("b", 1)], [op.read()]], ids=["bin", "list", "whole"])
async def test_whole_record_and_another_read_are_refused(
    make_client: Callable[..., Any], others: list[op.Operation]
) -> None:
    """A read that servers would leave out in silence is an error, and nothing is sent."""
    seen: list[bytes] = []
    with node(lambda _: reply(), seen) as raw:
        client = make_client(raw.address)
        with pytest.raises(ParamError, match="reads the whole record and has") as caught:
            await client.operate(KEY, [op.read(), *others])
        assert caught.value.argument == "list"
        assert seen == []


RESULTS = [result("l", 3), result("m", None), result("l", [1, 2, 3])]


async def test_operate_gives_the_results_by_bin(make_client: Callable[..., Any]) -> None:
    """Of a bin with several results operate gives the last; an operation without result gives None."""
    with node(lambda _: reply(ops=RESULTS)) as raw:
        record = await make_client(raw.address).operate(KEY, [op.list_append("l", 3), op.map_clear("m"), op.read("l")])
    assert isinstance(record, Record)
    assert record.bins == {"l": [1, 2, 3], "m": None}


async def test_operate_ordered_gives_the_results_in_order(make_client: Callable[..., Any]) -> None:
    """operate_ordered gives every result, under the name of its bin, in the order of the operations."""
    with node(lambda _: reply(generation=7, ops=RESULTS)) as raw:
        record = await make_client(raw.address).operate_ordered(
            KEY, [op.list_append("l", 3), op.map_clear("m"), op.read("l")]
        )
    assert isinstance(record, OrderedRecord)
    assert record.bins == [("l", 3), ("m", None), ("l", [1, 2, 3])]
    assert record.meta == {"gen": 7, "ttl": 0xFFFF_FFFF}
    assert record.key[:3] == KEY


HINTS: list[tuple[list[op.Operation], str]] = [
    ([strings.upper("s")], "strings.upper needs server 8.2 or newer"),
    ([op.write("a", 1), op.list_join("l")], "list_join needs server 8.2 or newer"),
    ([op.bit_b64_encode("b")], "bit_b64_encode needs server 8.2 or newer"),
    ([op.select_by_path("m", [op.cdt_ctx_all_children()])], "select_by_path needs server 8.1.1 or newer"),
    ([op.map_put("m", "k", 1), op.read()], "must be the only one with a result"),
]


@for_each(("operations", "words"), HINTS, ids=[words for _, words in HINTS])
async def test_refusal_says_which_operation_a_server_may_not_have(
    make_client: Callable[..., Any], operations: list[op.Operation], words: str
) -> None:
    """A refused request with an operation that not every server has says so."""
    with node(lambda _: reply(4)) as raw:
        with pytest.raises(InvalidRequest) as caught:
            await make_client(raw.address).operate(KEY, operations)
        assert words in (caught.value.hint or "")
        assert words in str(caught.value)


async def test_other_failures_do_not_blame_the_version(make_client: Callable[..., Any]) -> None:
    """Only a refusal as a bad request is explained by the server's version."""
    with node(lambda _: reply(26)) as raw:
        with pytest.raises(OpNotApplicable) as caught:
            await make_client(raw.address).operate(KEY, [strings.char_at("s", 99)])
        assert "8.2" not in (caught.value.hint or "")


@pytest.mark.parametrize("method", ["operate", "operate_ordered"])
async def test_failed_operation_names_its_bin(make_client: Callable[..., Any], method: str) -> None:
    """The error of operations on one bin names it; of several it has all names."""
    with node(lambda _: reply(26)) as raw:
        client = make_client(raw.address)
        with pytest.raises(OpNotApplicable) as caught:
            await getattr(client, method)(KEY, [op.list_get("l", 99), op.list_size("l")])
        assert caught.value.context.bin == "l"
        assert caught.value.context.operation == method
        assert "bin l" in str(caught.value)
        with pytest.raises(OpNotApplicable) as caught:
            await getattr(client, method)(KEY, [op.list_get("l", 99), op.map_size("m")])
        assert caught.value.context.bin is None
        assert caught.value.context.bins == ("l", "m")


@for_each("count", [0, 1, 3, 14, 15, 20, 65_535, 70_000])
def test_keys_and_values_come_in_turn(count: int) -> None:
    """A map in the order of a result is a list of keys and values, whatever its size."""
    marker = b"\xc7\x00\x08\xc0"
    size = count + 1
    head = (
        bytes((0x80 | size,))
        if size < 16
        else b"\xde" + size.to_bytes(2)
        if size < 65_536
        else b"\xdf" + size.to_bytes(4)
    )
    pairs = [(count - at, at) for at in range(count)]
    body = b"".join(b"\xce" + key.to_bytes(4) + b"\xce" + value.to_bytes(4) for key, value in pairs)
    found = values.decode(Particle.MAP, head + marker + body)
    assert found == [item for pair in pairs for item in pair]


def test_maps_with_an_order_of_their_own_stay_maps() -> None:
    """Maps ordered by key are KeyOrderedDict, unordered ones dict."""
    ordered = values.decode(Particle.MAP, bytes.fromhex("82c70001c0a2036101"))
    assert type(ordered) is KeyOrderedDict
    assert ordered == {"a": 1}
    assert type(values.decode(Particle.MAP, bytes.fromhex("81a2036101"))) is dict


async def test_operations_can_be_used_again(make_client: Callable[..., Any]) -> None:
    """The same operations make the same request in every call."""
    seen: list[bytes] = []
    operations = [op.list_append("l", 1), op.map_put("m", "k", [1])]
    with node(lambda _: reply(), seen) as raw:
        client = make_client(raw.address)
        await client.operate(KEY, operations)
        await client.operate(KEY, operations)
    assert len(seen) == 2
    assert seen[0] == seen[1]


@for_each(
    ("operations", "meta", "ttl"),
    [
        ([op.touch(100)], None, "00000064"),
        ([op.touch(100)], {"ttl": 50}, "00000064"),
        ([op.touch(-1)], None, "ffffffff"),
        ([op.write("a", 1), op.touch(100), op.touch(200)], None, "000000c8"),
        ([op.touch()], {"ttl": 50}, "00000032"),
        ([op.touch(0)], {"ttl": 50}, "00000032"),
    ],
)
def test_ttl_of_touch_counts_for_the_call(
    operations: list[op.Operation], meta: dict[str, int] | None, ttl: str
) -> None:
    """The last ttl given to touch goes before those of meta and policy, as in the official client."""
    assert encoded(Operate(KEY, operations=operations, meta=meta))[18:22].hex() == ttl


def test_entries_in_the_order_of_keys_have_no_marker() -> None:
    """A KeyOrderedDict as the argument of map_put_items is sorted, and says nothing of the map's order."""
    entries = KeyOrderedDict({"z": 1, "b": 2})
    assert op.map_put_items("m", entries).data.hex() == "934482a2036202a2037a0100"
    many = KeyOrderedDict({at: at for at in range(20)})
    assert op.map_put_items("m", many).data == op.map_put_items("m", dict(many)).data
