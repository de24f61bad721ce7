"""Compares a real server with the embedded node, and the official client with ours, on random Lua functions.

    python tests/judge/udf_differential.py HOST:PORT [--seed N] [--count N] [--show N]

Each function is called four times, by both clients on both servers, on records of the set
``fuzz``; what it returned, or class, code, words and doubt of the error, and the record that it
left are compared. Known differences are listed with their reasons in ``udf_cases.py``. The
server's namespaces ``test`` and ``bar`` take no TTLs, as those of the node.
"""

from __future__ import annotations

import collections
import contextlib
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

sys.path.insert(0, str(Path(__file__).parents[1]))

import aerospike
import attrs
from judge import command, udf_cases
from judge.calls import Official, Ours, modules_of_official_clients
from judge.query_differential import Side, canon, row

from aerospike_wire import Client
from aerospike_wire.embedded import EmbeddedServer
from aerospike_wire.errors import AerospikeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

SET: Final = "fuzz"
FUNCTIONS: Final = 40
"""In a module."""
NAMESPACES: Final = ("test", "bar")
LOST: Final = {-10, -7, 9}
"""Codes that mean that the server is gone."""
UDF_FAILED: Final = 100
UNREADABLE: Final = {("ClientError", -1), ("SystemError", None)}
"""What the official client raises for text and names that are no UTF-8, and for GeoJSON that is no JSON."""


@attrs.frozen
class Difference:
    """A call that came out differently on some side."""

    name: str
    step: str
    """The first step that differed, or all if it is the result or the record."""
    outcomes: dict[str, Any]

    @property
    def is_end(self) -> bool:
        """Whether a server does not answer any more."""
        codes = {outcome[0][2] for outcome in self.outcomes.values() if outcome[0][0] == "error"}
        return bool(codes & LOST)

    def __str__(self) -> str:
        lines = (f"  {side}: {str(outcome)[:600]}" for side, outcome in self.outcomes.items())
        return "\n".join((f"{self.name}: {self.step}", *lines))


class Sides(contextlib.ExitStack):
    """Both clients of some servers.

    Args:
        addresses: of the servers by names; the first is what the others are compared with.
    """

    def __init__(self, addresses: dict[str, str]) -> None:
        super().__init__()
        self._addresses = addresses
        self._owners: list[Any] = []
        self.all: dict[str, Side] = {}

    def __enter__(self) -> Self:
        super().__enter__()
        for name, address in self._addresses.items():
            host, _, port = address.rpartition(":")
            settings = {"hosts": [(host, int(port))], "lua": {"user_path": modules_of_official_clients()}}
            official = aerospike.client(settings)
            self.callback(official.close)
            ours = self.enter_context(Client(address))
            self._owners.append(ours)
            self.all |= {f"official, {name}": Side(official, Official({})), f"ours, {name}": Side(ours, Ours({}))}
        return self

    def differences(self, seed: int, count: int = FUNCTIONS) -> Iterator[Difference]:
        """Register the module of a seed, call its functions, and remove it."""
        text, functions = udf_cases.module(seed, count)
        name = f"fuzz{seed}"
        for owner in self._owners:
            owner.udf_put(f"{name}.lua", source=text)
        try:
            for number, function in enumerate(functions):
                key = (NAMESPACES[number % 2], SET, f"{name} {function.name}")
                policy = {"key": number % 2}
                outcomes = {side: called(self.all[side], key, name, function, policy) for side in self.all}
                different = _different(f"{name} {function.name}", function, outcomes)
                if different:
                    yield different
        finally:
            for owner in self._owners:
                with contextlib.suppress(AerospikeError):  # a server may be gone
                    owner.udf_remove(f"{name}.lua", wait=False)


def called(
    side: Side, key: tuple[str, str, str], module: str, function: udf_cases.Function, policy: dict[str, Any]
) -> Any:
    """What a function returned or raised, and the record afterwards, in one form for all sides."""
    client, value = side.client, side.dialect.value
    with contextlib.suppress(Exception):  # there may be nothing to remove
        client.remove(key)

    def apply() -> Any:
        if function.bins is not None:
            client.put(key, value(function.bins))
        return canon(client.apply(key, module, function.name, value(function.args), policy))

    # The official client forgets the key that it was given.
    return _outcome(apply), _outcome(lambda: row(client.get(key))[1:])


def _outcome(call: Callable[[], Any]) -> tuple[Any, ...]:
    try:
        return "value", call()
    except Exception as error:  # noqa: BLE001  compared
        code = getattr(error, "code", None)
        if (type(error).__name__, code) in UNREADABLE:
            return ("unreadable",)
        words = getattr(error, "msg", "") if code == UDF_FAILED else ""
        return "error", type(error).__name__, code, words, getattr(error, "in_doubt", None)


def _same(outcomes: Iterable[tuple[Any, ...]]) -> bool:
    """Whether outcomes are alike, as far as the official client can read them."""
    return len({udf_cases.alike(outcome) for outcome in outcomes if outcome != ("unreadable",)}) <= 1


def _different(name: str, function: udf_cases.Function, outcomes: dict[str, Any]) -> Difference | None:
    results, records = zip(*outcomes.values(), strict=True)
    if _same(results) and _same(records):
        return None
    if function.returns == "out" and not _same(results) and all(result[0] == "value" for result in results):
        for number, step in enumerate(function.steps):
            seen = {side: outcome[0][1][number] for side, outcome in outcomes.items()}
            if not _same((text,) for text in seen.values()):
                return Difference(name, step, {side: (("value", text),) for side, text in seen.items()})
    return Difference(name, "\n".join((*function.steps, function.returns)), outcomes)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; its exit status is 1 if there was a difference."""
    options = command.options().parse_args(arguments)
    warnings.simplefilter("ignore")
    counts: collections.Counter[str] = collections.Counter()
    with (
        EmbeddedServer(namespaces=tuple(f"{name},ttl=off" for name in NAMESPACES)) as node,
        Sides({"server": options.server, "node": node.address}) as sides,
    ):
        for number in range(-(-options.count // FUNCTIONS)):
            counts["calls"] += FUNCTIONS
            for different in sides.differences(options.seed * 100_000 + number):
                counts["different"] += 1
                if counts["different"] <= options.show:
                    sys.stdout.write(f"{different}\n")
                if different.is_end:
                    sys.stdout.write("a server does not answer any more\n")
                    return 1
    sys.stdout.write(f"{dict(counts)}\n")
    return int(bool(counts["different"]))


if __name__ == "__main__":
    sys.exit(main())
