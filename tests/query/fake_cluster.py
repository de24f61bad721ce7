"""Nodes without sockets that answer queries over a handful of records, and fail when they are told to."""

from __future__ import annotations

import random
import struct
from typing import TYPE_CHECKING, Any

import attrs
from fake_runtime import FakeLink, Rig

from aerospike_wire.errors import ResultCode
from aerospike_wire.partition_filter import pid_of
from aerospike_wire.proto.fields import Field, field
from aerospike_wire.proto.header import MESSAGE, Info3
from aerospike_wire.proto.message import Op, OpCode, read_message
from aerospike_wire.transport import LinkFailure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aerospike_wire.transport import Call

FEW = 24
"""Partitions that have records, and are spread over the nodes; the others are those of the first replica."""
_BVAL = struct.Struct("<q")


@attrs.frozen
class Stored:
    """A record of the fake nodes: all of them have all."""

    digest: bytes
    number: int
    """Its value in the index, if there is one."""


_PIDS = (0, 1, 5, 7, 10, 15, 22)


def stored(count: int, seed: int = 1) -> list[Stored]:
    """So many records in few partitions; values of the index repeat."""
    dice = random.Random(seed)
    found = {}
    for _ in range(count):
        pid = dice.choice(_PIDS)
        digest = pid.to_bytes(2, "little") + dice.randbytes(18)
        found[digest] = Stored(digest, dice.randrange(-3, max(1, count // 3)))
    return list(found.values())


@attrs.frozen
class Fate:
    """What becomes of one request."""

    kind: str = "ok"
    """``ok``, ``break``, ``refuse``, ``unavailable``, ``lease``."""
    after: int = 0
    """Records in front of it."""
    code: int = 0


class FakeFrames:
    """Answers that were made beforehand, given in turns."""

    def __init__(self, answers: list[list[bytes | LinkFailure]]) -> None:
        self.answers = answers
        self.turn = 0
        self.gap = 0.0
        self.live = set(range(len(answers)))

    async def next(self) -> tuple[int, bytes | LinkFailure]:
        assert self.live
        while True:
            self.turn = (self.turn + 1) % len(self.answers)
            if self.turn in self.live:
                break
        answer = self.answers[self.turn].pop(0)
        if isinstance(answer, LinkFailure):
            self.live.discard(self.turn)
        return self.turn, answer

    def finish(self, place: int) -> bool:
        self.live.discard(place)
        return not self.answers[place]

    def neglected(self, place: int) -> float:
        return self.gap

    def close(self) -> None:
        self.live.clear()


class World(Rig):
    """A core on nodes that have the same records.

    Args:
        records: what the nodes have.
        nodes: how many there are; partitions are spread over them, each on all.
        fates: what becomes of requests, one after the other; then all goes well.
        seed: order in which the nodes' threads come to their partitions.
    """

    def __init__(
        self, records: Sequence[Stored], nodes: int = 2, fates: Sequence[Fate] = (), seed: int = 0, **settings: Any
    ) -> None:
        super().__init__(*[[] for _ in range(nodes)], **settings)
        self.records = records
        self.fates = list(fates)
        self.dice = random.Random(seed)
        self.requests: list[Any] = []
        self.leases = 0
        self.frames: FakeFrames | None = None
        columns = self.cluster.partitions.tables["test"].columns
        for number, column in enumerate(columns):
            for pid in range(FEW):
                column[pid] = self.nodes[(pid + number) % nodes]
        runtime: Any = self.runtime
        runtime.stream = self.stream
        for node in self.nodes:
            self._dress(node)

    def _dress(self, node: Any) -> None:
        lease = node.pool.lease

        async def counted(deadline: float | None) -> FakeLink:
            if self.fates and self.fates[0].kind == "lease":
                self.fates.pop(0)
                raise LinkFailure(ResultCode.CONNECTION, "nobody listens", sent=False)
            self.leases += 1
            link: FakeLink = await lease(deadline)
            return link

        node.pool.lease = counted

    @property
    def given_back(self) -> int:
        """Links that came back to their pools."""
        return sum(len(node.pool.given_back) for node in self.nodes)

    async def stream(self, calls: Sequence[tuple[Any, Call]]) -> FakeFrames:
        self.frames = FakeFrames([self._answer(call.request) for _, call in calls])
        return self.frames

    def _answer(self, request: bytes) -> list[bytes | LinkFailure]:
        message, _ = read_message(request[8:])
        self.requests.append(message)
        fate = self.fates.pop(0) if self.fates else Fate()
        if fate.kind == "refuse":
            return [end(fate.code, last=False)]
        fields = message.fields
        indexed = Field.INDEX_RANGE in fields
        wanted: dict[int, tuple[int, bytes] | None] = {}
        pids = fields.get(Field.PID_ARRAY, b"")
        for (pid,) in struct.iter_unpack("<H", pids):
            assert pid not in wanted
            wanted[pid] = None
        digests, bvals = fields.get(Field.DIGEST_ARRAY, b""), fields.get(Field.BVAL_ARRAY, b"")
        assert not indexed or len(bvals) // 8 == len(digests) // 20
        for place in range(len(digests) // 20):
            digest = digests[20 * place : 20 * place + 20]
            assert pid_of(digest) not in wanted
            wanted[pid_of(digest)] = (_BVAL.unpack_from(bvals, 8 * place)[0] if indexed else 0, digest)
        lanes = self._lanes(wanted, indexed=indexed)
        missing: list[int] = []
        if fate.kind == "unavailable" and lanes:
            missing = [self.dice.choice(sorted(lanes))]
            lanes[missing[0]] = lanes[missing[0]][: fate.after]
        merged = self._merged(list(lanes.values()))
        limit = int.from_bytes(fields.get(Field.MAX_RECORDS, bytes(8)), "big")
        if limit:
            merged = merged[:limit]
        if fate.kind == "break":
            whole = self._frames(merged[: fate.after], indexed=indexed)
            return [*whole, LinkFailure(ResultCode.CONNECTION, "the node closed the connection", sent=True)]
        answer: list[bytes | LinkFailure] = list(self._frames(merged, indexed=indexed))
        answer += [MESSAGE.pack(22, 0, 0, Info3.PARTITION_DONE, 0, 11, pid, 0, 0, 0, 0) for pid in missing]
        answer.append(end(fate.code if fate.kind == "abort" else 0))
        return answer

    def _lanes(self, wanted: dict[int, Any], *, indexed: bool) -> dict[int, list[Stored]]:
        """The records of each partition that are behind its mark, in the order that servers keep."""
        lanes: dict[int, list[Stored]] = {}
        for record in self.records:
            pid = pid_of(record.digest)
            if pid not in wanted:
                continue
            mark = wanted[pid]
            if indexed:
                inside = mark is None or (record.number, record.digest) > mark
            else:
                inside = mark is None or record.digest < mark[1]
            if inside:
                lanes.setdefault(pid, []).append(record)
        for lane in lanes.values():
            if indexed:
                lane.sort(key=lambda record: (record.number, record.digest))
            else:
                lane.sort(key=lambda record: record.digest, reverse=True)
        return lanes

    def _merged(self, lanes: list[list[Stored]]) -> list[Stored]:
        """Several threads work on the partitions at once."""
        merged = []
        lanes = [list(lane) for lane in lanes if lane]
        while lanes:
            lane = self.dice.choice(lanes)
            merged.append(lane.pop(0))
            if not lane:
                lanes.remove(lane)
        return merged

    def _frames(self, records: list[Stored], *, indexed: bool) -> list[bytes]:
        """The records in frames of random sizes."""
        frames = []
        at = 0
        while at < len(records):
            size = self.dice.randrange(1, 6)
            frames.append(b"".join(message_of(record, indexed=indexed) for record in records[at : at + size]))
            at += size
        return frames


def message_of(record: Stored, *, indexed: bool) -> bytes:
    """A record as a node sends it."""
    fields = [field(Field.NAMESPACE, b"test"), field(Field.DIGEST, record.digest), field(Field.SET, b"demo")]
    if indexed:
        fields.append(field(Field.BVAL_ARRAY, _BVAL.pack(record.number)))
    op = Op(OpCode.READ, b"n", 1, record.number.to_bytes(8, "big", signed=True)).pack()
    return b"".join((MESSAGE.pack(22, 0, 0, 0, 0, 0, 1, 0, 0, len(fields), 1), *fields, op))


def end(code: int = 0, *, last: bool = True) -> bytes:
    """The message that ends an answer."""
    return MESSAGE.pack(22, 0, 0, Info3.LAST if last else 0, 0, code, 0, 0, 0, 0, 0)
