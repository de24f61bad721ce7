"""2056 single operations with what a real node answered and kept, and how to ask another node the same.

Recorded from a server 8.1.2.0 Community Edition. Values are written as JSON: numbers and lists
as they are, ``{"str": text}``, ``{"blob": hex}``, ``{"map": [[key, value], ...]}`` and so on.
"""

from __future__ import annotations

import functools
import json
import lzma
import struct
from itertools import count
from typing import TYPE_CHECKING, Any, Final

import attrs
from recordings import DATA
from wire import GET_ALL, READ, RESPOND_ALL, WRITE, Wire, command, get, place, put, remove

from aerospike_wire.proto import keys, msgpack
from aerospike_wire.proto.fields import Field, field
from aerospike_wire.proto.header import MessageHeader
from aerospike_wire.proto.message import Op, OpCode, message_frame

if TYPE_CHECKING:
    from collections.abc import Iterator

Value = tuple[int, bytes]

MISSING: Final[Value] = (0, b"")
_PATH: Final = 254
_FIRST_READ: Final = 50
"""Of the operations on bits and sketches."""

RAW: Final = {
    "bool 2": (17, "02"),
    "bool 2 bytes": (17, "0001"),
    "list garbage": (20, "ff"),
    "list with map bytes": (20, "80"),
    "non-minimal ints in list": (20, "93cd0001d001cd00ff"),
    "signed encodings of positive ints": (20, "92d001d10100"),
    "string invalid utf8": (3, "ff"),
    "geojson no header": (23, b'{"type":"Point","coordinates":[1.5,2.5]}'.hex()),
}
"""Values whose notation in the file does not tell their bytes."""

EXPECTED_GENERATIONS: Final = {
    "generation equal": 1,
    "generation wrong": 9,
    "generation missing record 1": 1,
    "generation gt ok": 2,
    "generation gt equal": 1,
    "generation gt missing 1": 1,
    "delete generation wrong": 9,
}
"""The generation that the request names; the file has that of the reply."""


@attrs.frozen
class Case:
    """One operation."""

    number: int
    row: dict[str, Any]

    @property
    def area(self) -> str:
        """What it is about."""
        return str(self.row["area"])

    @property
    def name(self) -> str:
        """Its name, which a few cases share."""
        return f"{self.number} {self.area}: {self.row['name']}"


@functools.cache
def cases() -> tuple[Case, ...]:
    """All of them, with what they refer to filled in."""
    with lzma.open(DATA / "behaviour.jsonl.xz", "rt", encoding="utf-8") as lines:
        head, *rows = map(json.loads, lines)
    fixtures = head["fixtures"]
    record: Any = None
    for row in rows:
        if isinstance(row.get("before"), str):
            row["before"] = fixtures[row["before"][1:]]
        record = row.get("record", record)
        if row["area"] == "expression":
            row["record"] = record
    return tuple(Case(number, row) for number, row in enumerate(rows))


# Values


def packed(value: Any) -> bytes:
    """A value in the notation of the file as MessagePack."""
    if isinstance(value, list):
        return msgpack.array_head(len(value)) + b"".join(map(packed, value))
    if isinstance(value, dict):
        ((kind, content),) = ((key, item) for key, item in value.items() if key not in ("data", "cells"))
        if kind == "map":
            return msgpack.map_head(len(content)) + b"".join(packed(key) + packed(item) for key, item in content)
        if kind == "ext":
            data = bytes.fromhex(value["data"])
            return (b"\xd4" if len(data) == 1 else b"\xc7" + bytes((len(data),))) + bytes((content,)) + data
        if kind == "f32":
            return b"\xca" + struct.pack(">f", content)
        if kind == "f64":
            return b"\xcb" + struct.pack(">d", float(content))
        if kind == "raw":
            return msgpack.pack_raw_string(content.encode())
        prefix = {"str": b"\x03", "blob": b"\x04", "geojson": b"\x17", "hll": b"\x12"}[kind]
        return msgpack.pack_raw_string(
            prefix + (bytes.fromhex(content) if kind in {"blob", "hll"} else content.encode())
        )
    # The client refuses integers beyond 63 bits, which servers store all the same.
    return msgpack.pack(value) if value is None or isinstance(value, bool) else msgpack.pack_int(value)


def particle(value: Any) -> Value:
    """A value in the notation of the file as type and bytes."""
    if value is None:
        return MISSING
    if isinstance(value, bool):
        return 17, bytes((value,))
    if isinstance(value, int):
        return 1, struct.pack(">q", value)
    if isinstance(value, list):
        return 20, packed(value)
    if "map" in value:
        return 19, packed(value)
    if "str" in value:
        return 3, value["str"].encode("latin-1" if value["str"] == "\xff" else "utf-8")
    if "blob" in value:
        return 4, bytes.fromhex(value["blob"])
    if "hll" in value:
        return 18, bytes.fromhex(value["hll"])
    if "f64" in value:
        return 2, struct.pack(">d", float(value["f64"]))
    if "geojson" in value:
        cells = value.get("cells", 0)
        return 23, struct.pack(">BH", 0, cells) + bytes(8 * cells) + value["geojson"].encode()
    if "mp" in value:
        return 4, bytes.fromhex(value["hex"])
    return value["ptype"], bytes.fromhex(value.get("hex", ""))


def comparable(value: Value) -> Value:
    """Without what the file does not tell: the cells of a place, which it only counts, and the sign of NaN."""
    kind, data = value
    if kind == 23:
        (cells,) = struct.unpack_from(">H", data, 1)
        return kind, data[3 + 8 * cells :]
    if kind == 2 and (found := struct.unpack(">d", data)[0]) != found:
        return kind, b"nan"
    return kind, data


# Asking


def differences(line: Wire, case: Case) -> Iterator[str]:
    """How a node does otherwise than the recorded one, in words."""
    area = case.area
    if area in {"record", "expression/write"}:
        yield from (_record if "info" in case.row else _stored_key)(line, case.row)
    elif area == "expression":
        yield from _expression(line, case.row)
    else:
        yield from _call(line, case)


def _call(line: Wire, case: Case) -> Iterator[str]:
    row, area = case.row, case.area
    before = particle(row["before"])
    line.ask(remove("call"))
    filled = [
        Op(OpCode.WRITE, b"other", 1, bytes(8)),
        *([] if before == MISSING else [Op(OpCode.WRITE, b"b", *before)]),
    ]
    assert line.ask(command("call", info2=WRITE, ops=[op.pack() for op in filled])).result == 0
    stored = _bin(line)
    code = _code(area, row["call"])
    reads = code in {OpCode.CDT_READ, OpCode.BITS_READ, OpCode.HLL_READ}
    answers = 0 if row.get("value") == "no op" else RESPOND_ALL
    op = Op(code, b"b", 4, packed(row["call"])).pack()
    reply = line.ask(command("call", info1=READ if reads else 0, info2=answers | (0 if reads else WRITE), ops=[op]))
    yield from _told("result", row["result"], reply.result)
    wanted = [] if row["result"] or not answers else [(code, "b", comparable(particle(row["value"])))]
    yield from _told("value", wanted, [(op.code, op.bin, comparable((op.particle, op.data))) for op in reply.ops])
    yield from _told("bin", comparable(particle(row["after"])) if "after" in row else stored, _bin(line))


def _bin(line: Wire) -> Value:
    """What the bin holds."""
    found = line.ask(command("call", info1=READ | GET_ALL)).ops
    return next((comparable((op.particle, op.data)) for op in found if op.bin == "b"), MISSING)


def _code(area: str, call: Any) -> int:
    if area == "bit":
        return OpCode.BITS_READ if call[0] >= _FIRST_READ else OpCode.BITS_MODIFY
    if area == "hll":
        return OpCode.HLL_READ if call[0] >= _FIRST_READ else OpCode.HLL_MODIFY
    selects = area.endswith("path") and not (isinstance(call[2], int) and call[2] & 0x0F == 4)
    return OpCode.CDT_READ if area.endswith("read") or selects else OpCode.CDT_MODIFY


def _told(what: str, wanted: Any, found: Any) -> Iterator[str]:
    if wanted != found:
        yield f"{what}: {found!r} instead of {wanted!r}"


def _record(line: Wire, row: dict[str, Any]) -> Iterator[str]:
    key, before = row["name"], row["before"]
    replaced = {kind: bytes.fromhex(data) for kind, data in row.get("fields", ())}
    line.ask(remove(key))
    if before is not None:
        ops = [Op(OpCode.WRITE, name.encode(), *particle(value)).pack() for name, value in before.items()]
        assert line.ask(command(key, info2=WRITE, ops=ops)).result == 0
    ops = []
    for code, name, value in row["ops"]:
        kind, data = RAW.get(key) or particle(value)
        ops.append(Op(code, name.encode(), kind, bytes.fromhex(data) if isinstance(data, str) else data).pack())
    fields = {Field.NAMESPACE: b"test", Field.SET: b"demo", Field.DIGEST: place(key)[2][5:], **replaced}
    if key.startswith("no set"):
        del fields[Field.SET]
    if key == "namespace missing":
        del fields[Field.NAMESPACE]
    if key == "key field without digest":
        del fields[Field.DIGEST]
    info1, info2, info3 = row["info"]
    header = MessageHeader(info1, info2, info3, 0, 0, EXPECTED_GENERATIONS.get(key, 0), row.get("ttl", 0))
    reply = line.ask(message_frame(header, [field(kind, data) for kind, data in fields.items()], ops))
    yield from _told("result", (row["result"], row["generation"]), (reply.result, reply.header.generation))
    found = [[op.code, op.bin, comparable((op.particle, op.data))] for op in reply.ops]
    yield from _told("reply", [[code, name, comparable(particle(value))] for code, name, value in row["reply"]], found)
    if Field.DIGEST not in replaced:
        stored = line.ask(get(key))
        after = row.get("after", before)
        yield from _told("record", 2 if after is None else 0, stored.result)
        held = {op.bin: comparable((op.particle, op.data)) for op in stored.ops}
        yield from _told("bins", {name: comparable(particle(value)) for name, value in (after or {}).items()}, held)


def _stored_key(line: Wire, row: dict[str, Any]) -> Iterator[str]:
    """The cases about a record that was written with its key, told by their names."""
    mine, other = {Field.KEY: b"\x031"}, {Field.KEY: b"\x032"}
    line.ask(remove("stored key"))
    assert line.ask(put("stored key", {"a": 1}, extra=mine)).result == 0
    sent = mine if "right" in row["name"] else other
    write = row["name"].startswith("write")
    reply = line.ask(put("stored key", {"a": 2}, extra=sent) if write else get("stored key", extra=sent))
    yield from _told("result", row["result"], reply.result)
    yield from _told("generation", row.get("generation", 1), reply.header.generation)
    yield from _told("fields", {}, reply.fields)


def _expression(line: Wire, row: dict[str, Any]) -> Iterator[str]:
    key = _thirteenth()
    if line.ask(get(key)).result:
        ops = [Op(OpCode.WRITE, name.encode(), *particle(value)).pack() for name, value in row["record"].items()]
        assert line.ask(command(key, info2=WRITE, ops=ops)).result == 0
    if "expr" not in row:
        return  # the first says which record the others are about
    payload = msgpack.array_head(2) + packed(row["expr"]) + packed(row.get("flags", 0))
    op = Op(OpCode.EXP_READ, b"r", 4, payload).pack()
    reply = line.ask(command(key, info1=READ, info2=RESPOND_ALL, ops=[op]))
    yield from _told("result", row["result"], reply.result)
    if not row["result"]:
        found = [comparable((op.particle, op.data)) for op in reply.ops]
        yield from _told("value", [comparable(particle(row["value"]))], found)


@functools.cache
def _thirteenth() -> str:
    """A key whose digest modulo 16 is 13, as that of the recorded record was."""
    names = (f"expressions {number}" for number in count())
    return next(name for name in names if int.from_bytes(keys.digest("demo", name)[16:], "little") % 16 == 13)
