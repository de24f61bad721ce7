"""Compares a real server with the embedded node, and the official client with ours, on random calls.

    python tests/judge/differential.py HOST:PORT [--seed N] [--count N] [--kind KIND] [--show N] [--keep FILE]

Every call is made by the official client on the real server, through a proxy that keeps the
bytes. Then the embedded node is sent the same requests and must give the same answers; our
client must make the same requests, and of the same answers the same outcome. Cases that come
out differently are shown, and with ``--keep`` written to a file as recordings.
"""

from __future__ import annotations

import collections
import contextlib
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

sys.path.insert(0, str(Path(__file__).parents[1]))

import gold
from judge import cases, command, expression_cases, node_replay, policy_cases, variations
from judge.record import Recorder
from rawnode import RawNode, Replay, member
from recordings import Recording, Step

from aerospike_wire import Client
from aerospike_wire.embedded import EmbeddedServer
from aerospike_wire.errors import ParamError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

KINDS = {
    **cases.KINDS,
    "vary": variations.vary,
    "expression": expression_cases.expression,
    "policy": policy_cases.policies,
}
"""What can be drawn."""
LOST = {-10, -7, 9}
"""Codes of the client that mean that the server is gone."""
MESSAGE_START = 8
"""Bytes of a frame's header."""
VOID_TIME = 10
"""Where a message tells when its record expires."""
CLOCKS = 3
"""Seconds by which what was recorded may be older than what is compared with it."""
KEY = {"tuple": [cases.NAMESPACE, "cases", "sketches"]}


def main() -> int:
    """The command; its exit status is 1 if there was a difference."""
    options = _options()
    host, _, port = options.server.rpartition(":")
    counts: collections.Counter[str] = collections.Counter()
    kept: list[dict[str, Any]] = []
    with Recorder((host, int(port))) as recorder, Check() as check:
        sketches(recorder)
        begun = time.monotonic()
        for number in range(options.start, options.start + options.count):
            seed = options.seed * 1_000_000 + number
            row = recorder.record(str(seed), KINDS[options.kind](cases.Pool(seed), number))
            counts["calls"] += 1
            counts[str(row["outcome"].get("code", row["outcome"].get("exception", 0)))] += 1
            if row["outcome"].get("code") in LOST:
                _say("the server does not answer any more after", json.dumps(row["call"]))
                return 1
            problems = list(check.problems(row))
            if problems:
                counts["different"] += 1
                kept.append(row)
                if counts["different"] <= options.show:
                    _say(json.dumps(row["call"]))
                    _say("   setup", json.dumps([step["call"] for step in row["setup"]]))
                    _say("   outcome", json.dumps(row["outcome"])[:600])
                    for problem in problems:
                        _say("  !", problem[:900])
        for words, count in check.refused.most_common(options.refused):
            _say(f"ours refuses {count} times:", words)
        _say(dict(counts), f"{time.monotonic() - begun:.1f} s")
    if options.keep and kept:
        Path(options.keep).write_text("".join(json.dumps(row) + "\n" for row in kept))
    return 1 if kept else 0


def _say(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")


def _options() -> argparse.Namespace:
    parser = command.options()
    parser.add_argument("--start", type=int, default=0)
    parser.add_argument("--kind", default="operate", choices=list(KINDS))
    parser.add_argument("--refused", type=int, default=0)
    parser.add_argument("--keep")
    return parser.parse_args()


def _same_bytes(wanted: object, got: object) -> bool:
    """Whether answers are the same, apart from times of expiry a few seconds apart."""
    if wanted == got:
        return True
    if isinstance(wanted, list) and isinstance(got, list):
        return len(wanted) == len(got) and all(map(_same_bytes, wanted, got))
    if not isinstance(wanted, str) or not isinstance(got, str) or len(wanted) != len(got):
        return False
    at = 2 * (MESSAGE_START + VOID_TIME) if wanted[:4] == "0203" else 2 * VOID_TIME
    one, other = (int(data[at : at + 8] or "0", 16) for data in (wanted, got))
    return (
        bool(one and other)
        and abs(one - other) <= CLOCKS
        and wanted[:at] + wanted[at + 8 :] == got[:at] + got[at + 8 :]
    )


def sketches(recorder: Recorder) -> None:
    """Let the server make some sketches for the cases to use."""
    if cases.SKETCHES:
        return
    module = "operations.hll_operations"
    for bits, minhash, count in ((4, 0, 5), (8, 0, 60), (8, 4, 30), (10, 20, 200), (16, 0, 9), (8, 0, 0)):
        values = [f"v{number}" for number in range(count)]
        kwargs = {"index_bit_count": bits, **({"mh_bit_count": minhash} if minhash else {})}
        call = {"fn": f"{module}.hll_add", "args": ["h", values], "kwargs": kwargs}
        recorder.step({"method": "put", "args": [KEY, {"dict": [["h", None]]}]})
        recorder.step({"method": "operate", "args": [KEY, [call]]})
        found = recorder.step({"method": "get", "args": [KEY]})["outcome"]
        if "result" in found:
            record = found["result"]["tuple"][2]["dict"]
            cases.SKETCHES.append(next(value["hll"] for name, value in record if name == "h"))
    recorder.step({"method": "remove", "args": [KEY]})


class Check(contextlib.ExitStack):
    """The embedded node, and our client before a node that repeats recordings."""

    def __enter__(self) -> Self:
        super().__enter__()
        self._answers = Replay()
        self.refused: collections.Counter[str] = collections.Counter()
        """Calls that our client did not make, by its words."""
        raw = self.enter_context(RawNode(member(self._answers.answer)))
        self._client = self.enter_context(Client(raw.address))
        self._server = self.enter_context(EmbeddedServer(namespaces=("test,ttl=off", "bar")))
        self._links = self.enter_context(node_replay.Links(self._server.port))
        return self

    def problems(self, row: dict[str, Any]) -> Iterator[str]:
        """What is different for a recorded case, in words."""
        yield from self._node(row)
        for step in (row, *row["after"]):
            yield from self._ours(step)

    def _node(self, row: dict[str, Any]) -> Iterator[str]:
        parts = {name: tuple(map(Step.of, row.get(name, ()))) for name in ("setup", "after")}
        recording = Recording(
            row["name"], row["group"], Step.of(row), more=(), teardown=(), **parts,
            volatile=row["volatile"], fault=None, state=None,
        )  # fmt: skip
        try:
            for place, wanted, got in node_replay.play(self._links, recording):
                if not place.startswith("('setup'") and not _same_bytes(wanted, got):
                    yield f"node, {place}:\n      real {wanted}\n      ours {got}"
        except TimeoutError:
            yield f"node: {self._links.got.hex()} is shorter than what was recorded"
            self._links.renew()

    def _ours(self, step: dict[str, Any]) -> Iterator[str]:
        call, outcome = step["call"], step["outcome"]
        self._answers.expect([bytes.fromhex(answer) for _, _, answer in step["exchange"]])
        try:
            args = [gold.value(item) for item in call.get("args", ())]
            kwargs = {name: gold.value(item) for name, item in call.get("kwargs", {}).items()}
            seen: Any = getattr(self._client, call["method"])(*args, **kwargs)
        except Exception as error:  # noqa: BLE001  shown
            seen = error
        requests = [bytes.fromhex(request) for _, request, _ in step["exchange"]]
        if isinstance(seen, ParamError | TypeError | ValueError) and not self._answers.seen:
            self.refused[str(seen)[:100]] += 1
        elif requests != self._answers.seen:
            yield f"client sends:\n      theirs {[r.hex() for r in requests]}\n      ours   {[r.hex() for r in self._answers.seen]} {seen!r}"
        elif "exception" in outcome:
            facts = outcome["exception"], outcome.get("code"), outcome.get("in_doubt")
            ours = type(seen).__name__, getattr(seen, "code", None), getattr(seen, "in_doubt", None)
            if facts != ours and not (outcome.get("code") == 25 and ours[0] == "EnterpriseOnly"):
                yield f"client raises: theirs {facts}, ours {ours}"
        elif isinstance(seen, BaseException) or not gold.same(outcome["result"], seen, times=False):
            yield f"client gives:\n      theirs {outcome['result']}\n      ours   {seen!r}"


if __name__ == "__main__":
    sys.exit(main())
