"""What holds for any arguments: what an operation carries can be read back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import INTEGERS, MAP_KEYS, NESTED, damaged, like

from aerospike_wire import operations as op
from aerospike_wire.errors import ProtocolError
from aerospike_wire.policy import Policies
from aerospike_wire.proto import msgpack
from aerospike_wire.proto.commands.operate import OperateOrdered
from aerospike_wire.proto.header import MessageHeader
from aerospike_wire.proto.message import Op, pack_message
from aerospike_wire.proto.values import Particle

COUNTS = st.integers(0, 2**63 - 1)
FLAGS = st.integers(0, 15)


@given(value=NESTED, index=INTEGERS, order=st.sampled_from([0, 1]), flags=FLAGS)
def test_list_writes_carry_their_arguments(value: Any, index: int, order: int, flags: int) -> None:
    """A value, an index and a policy arrive as they were given."""
    policy = {"list_order": order, "write_flags": flags}
    assert like(msgpack.unpack(op.list_append("l", value, policy).data), [1, value, order, flags])
    assert like(msgpack.unpack(op.list_insert("l", index, value, policy).data), [3, index, value, flags])


@given(key=MAP_KEYS, value=NESTED, steps=st.lists(INTEGERS, min_size=1, max_size=10))
def test_context_leads_the_call(key: Any, value: Any, steps: list[int]) -> None:
    """A context stands before the call, its steps in order."""
    ctx = [op.cdt_ctx_map_key(key), *map(op.cdt_ctx_list_index, steps)]
    path = [0x22, key]
    for step in steps:
        path += [0x10, step]
    assert like(msgpack.unpack(op.map_put("m", key, value, ctx=ctx).data), [0xFF, path, [67, key, value, 0]])


@given(
    index=INTEGERS,
    count=st.none() | COUNTS,
    inverted=st.booleans(),
    return_type=st.sampled_from(list(op.ListReturn)),
)
def test_selections_carry_their_arguments(index: int, count: int | None, inverted: bool, return_type: int) -> None:
    """The return type has the flag of an inverted selection, and a count of None is left out."""
    made = op.list_get_by_index_range("l", index, return_type, count, inverted)
    rest = [] if count is None else [count]
    assert msgpack.unpack(made.data) == [24, return_type + 0x10000 * inverted, index, *rest]


RESULTS = [
    Op(4, b"l", Particle.INTEGER, (7).to_bytes(8)),
    Op(4, b"m", Particle.NULL, b""),
    Op(1, b"l", Particle.LIST, msgpack.pack([1, "x", {"k": None}])),
    Op(3, b"m", Particle.MAP, bytes.fromhex("82c70008c0a2036101")),
]
REPLY = pack_message(MessageHeader(generation=1), ops=[result.pack() for result in RESULTS])


def ordered(body: bytes) -> Any:
    """What operate_ordered makes of a reply."""
    command = OperateOrdered(("test", "demo", "k"), operations=[op.list_size("l")])
    command.prepare(Policies())
    return command.decode(body, lambda: 0.0)


def test_whole_reply_is_read() -> None:
    """The reply that the next test damages has these results."""
    assert ordered(REPLY).bins == [("l", 7), ("m", None), ("l", [1, "x", {"k": None}]), ("m", ["a", 1])]


@settings(max_examples=300)
@given(body=damaged(REPLY))
def test_damaged_reply_is_read_or_refused(body: bytes) -> None:
    """A reply of operate_ordered that is not one is a ProtocolError, never anything else."""
    try:
        record = ordered(body)
    except ProtocolError:
        return
    assert all(isinstance(name, str) for name, _ in record.bins)


def test_result_that_is_not_of_its_type_is_refused() -> None:
    """A result with bytes that its type cannot have is a ProtocolError."""
    body = pack_message(MessageHeader(), ops=[Op(3, b"l", Particle.INTEGER, b"\x01").pack()])
    with pytest.raises(ProtocolError, match="an integer has 1 bytes"):
        ordered(body)
