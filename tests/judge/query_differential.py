"""Compares a real server with the embedded node, and the official client with ours, on random queries.

    python tests/judge/query_differential.py HOST:PORT [--seed N] [--count N] [--kind KIND] [--show N]

Each query, job in the background or aggregation is made four times: by both clients, of both
servers. Rows may come in any order; of errors class, code and doubt are compared; of jobs what
they left behind, too. What our client refuses before it sends anything is counted, not compared.
The server's namespaces ``test`` and ``bar`` must take TTLs; the sets of the cases are emptied.
"""

from __future__ import annotations

import collections
import contextlib
import functools
import json
import shutil
import sys
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

sys.path.insert(0, str(Path(__file__).parents[1]))

import aerospike
import attrs
from judge import command, query_cases
from judge.calls import Dialect, Official, Ours, modules_of_official_clients
from judge.cases import Pool
from recordings import DATA

from aerospike_wire import Client
from aerospike_wire.embedded import EmbeddedServer
from aerospike_wire.errors import BinNameError, ParamError
from aerospike_wire.types import GeoJSON, RawParticle

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

RECORDS: Final = 200
NEVER: Final = 0xFFFF_FFFF
Canon = Any
"""Values as both clients give them, in one form."""


@attrs.frozen
class Outcome:
    """What came of a call."""

    rows: list[Canon] | None = None
    """Sorted; None if it failed."""
    facts: tuple[Any, ...] = ()
    """Class, code and doubt of the error."""
    words: str = ""
    refused: bool = False
    """True if it was refused for its arguments."""

    def same(self, other: Outcome, limited: bool) -> bool:
        """Whether another outcome is the same; which records a limit leaves is up to the server.

        Ours goes on to the limit where the official client stops at what nodes have counted.
        """
        if self.rows is None or other.rows is None:
            return self.facts == other.facts and self.rows is other.rows
        return self.rows == other.rows or (limited and len(self.rows) <= len(other.rows))

    def __str__(self) -> str:
        return f"{self.facts} {self.words[:150]}" if self.rows is None else f"{len(self.rows)} rows"


def canon(value: Any) -> Canon:
    """A value in the form in which both clients' values are compared."""
    if isinstance(value, GeoJSON | aerospike.GeoJSON):
        text = value if isinstance(value, str) else value.dumps()
        with contextlib.suppress(ValueError):  # Lua can make any text of it
            text = json.dumps(json.loads(text))
        return ("geo", text)
    if isinstance(value, bool | float):
        return (type(value).__name__, repr(value))
    if isinstance(value, RawParticle):  # the official client takes particles that it does not know for blobs
        value = value.data
    if isinstance(value, bytes | bytearray):
        return ("bytes", bytes(value).hex())
    if isinstance(value, list | tuple):
        return [canon(item) for item in value]
    if isinstance(value, dict):
        return ("map", sorted(([canon(key), canon(item)] for key, item in value.items()), key=repr))
    return value


def row(result: Any) -> Canon:
    """A record, its time to live apart from the seconds; what aggregations give as it is."""
    if not (isinstance(result, tuple) and len(result) == 3 and isinstance(result[0], tuple)):
        return canon(result)
    key, meta, bins = result
    meta = meta or {}
    lasting = "never" if meta.get("ttl") == NEVER else "thousands" if meta.get("ttl", 0) > 1001 else "seconds"
    return [canon(tuple(key)), meta.get("gen"), lasting, canon(bins or {})]


class Side:
    """One client of one server."""

    def __init__(self, client: Any, dialect: Dialect) -> None:
        self.client = client
        self.dialect = dialect

    def make(self, call: dict[str, Any]) -> Any:
        """Make a call and those on what it returns; what the last one gave."""
        made = getattr(self.client, call["method"])(*self._values(call), **self._keywords(call))
        last = made
        for step in call.get("chain", ()):
            if "set_attribute" in step:
                setattr(made, step["set_attribute"], step["value"])
            else:
                last = getattr(made, step["method"])(*self._values(step))
        return last

    def _values(self, step: dict[str, Any]) -> list[Any]:
        return [self.dialect.value(item) for item in step.get("args", ())]

    def _keywords(self, step: dict[str, Any]) -> dict[str, Any]:
        return {name: self.dialect.value(item) for name, item in step.get("kwargs", {}).items()}

    def outcome(self, call: dict[str, Any]) -> Outcome:
        """What comes of a case; of jobs, when they are done."""
        job = call["chain"][-1]["method"] == "execute_background"
        if job:
            for step in query_cases.job_records():
                with contextlib.suppress(Exception):  # there may be nothing to remove
                    self.make(step)
        try:
            result = self.make(call)
        except Exception as error:  # noqa: BLE001  compared
            code, doubt = getattr(error, "code", None), getattr(error, "in_doubt", None)
            args = error.args if len(error.args) == 5 else (code, "", None, None, doubt)
            facts = (type(error).__name__, args[0], args[4])
            if facts[:2] == ("ClientError", -1) and "UDF: " in str(error):
                facts = ("UDFError", 100, args[4])  # which of them the official client has is up to chance
            return Outcome(None, facts, str(error), isinstance(error, ParamError | BinNameError))
        if job:
            return Outcome(list(self._left_by(int(result))))
        return Outcome(sorted(map(row, result), key=repr))

    def _left_by(self, job: int) -> Iterator[Canon]:
        while (told := self.client.job_info(job, "query"))["status"] == aerospike.JOB_STATUS_INPROGRESS:
            time.sleep(0.002)
        yield told["records_read"]
        for number in range(query_cases.JOB_RECORDS):
            try:
                _, *left = row(tuple(self.client.get(("test", query_cases.JOB_SET, number))))
                yield left
            except Exception as error:  # noqa: BLE001  compared
                yield type(error).__name__


class Sides(contextlib.ExitStack):
    """Both clients of some servers, all with the same records, indexes and module.

    Args:
        addresses: of the servers by names; the first is what the others are compared with.
        count: how many records there are.
    """

    def __init__(self, addresses: dict[str, str], count: int = RECORDS) -> None:
        super().__init__()
        self._addresses = addresses
        self._count = count
        self.all: dict[str, Side] = {}

    def __enter__(self) -> Self:
        super().__enter__()
        for name, address in self._addresses.items():
            ours = Side(self.enter_context(Client(address)), Ours({}))
            host, _, port = address.rpartition(":")
            settings = {"hosts": [(host, int(port))], "lua": {"user_path": modules_of_official_clients()}}
            shutil.copy(DATA / "lua" / "gold_agg.lua", modules_of_official_clients())
            official = aerospike.client(settings)
            self.callback(official.close)
            self.all |= {f"official, {name}": Side(official, Official({})), f"ours, {name}": ours}
            prepare(ours, self._count)
        return self


def prepare(side: Side, count: int) -> None:
    """Write the records and make the indexes, as far as they are not there."""
    client = side.client
    for namespace, set_name in (
        ("test", "qd"),
        ("test", "qe"),
        ("test", query_cases.JOB_SET),
        ("bar", "qd"),
        ("bar", "qe"),
    ):
        client.truncate(namespace, set_name, 0)
    client.truncate("test", None, 0)
    client.truncate("bar", None, 0)
    for call in (*query_cases.records(count), *query_cases.job_records()):
        with contextlib.suppress(Exception):  # there may be nothing to remove
            side.make(call)
    client.udf_put(DATA / "lua" / "gold_agg.lua")
    known = {index.name for namespace in ("test", "bar") for index in client.index_list(namespace)}
    make = (
        client.index_single_value_create, client.index_list_create,
        client.index_map_keys_create, client.index_map_values_create,
    )  # fmt: skip
    for namespace, set_name, name, kind, within, context, expression, index in query_cases.INDEXES:
        if index in known:
            continue
        if expression is not None:
            client.index_expr_create(namespace, set_name, within, kind, side.dialect.value(expression), index)
        else:
            path = None if context is None else side.dialect.value(context)
            make[within](namespace, set_name, name, kind, index, ctx=path)


@functools.cache
def case(kind: str, seed: int) -> dict[str, Any]:
    """A case by its seed."""
    return query_cases.KINDS[kind](Pool(seed))


def differences(sides: dict[str, Side], call: dict[str, Any]) -> tuple[dict[str, Outcome], list[str]]:
    """What came of a case on all sides, and the names of those that differ from the first."""
    outcomes = {name: side.outcome(call) for name, side in sides.items()}
    first = next(iter(outcomes.values()))
    limited = "max_records" in json.dumps(call)
    return outcomes, [
        name for name, outcome in outcomes.items() if not outcome.refused and not first.same(outcome, limited)
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; its exit status is 1 if there was a difference."""
    parser = command.options()
    parser.add_argument("--kind", default="query", choices=list(query_cases.KINDS))
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    counts: collections.Counter[str] = collections.Counter()
    with (
        EmbeddedServer(namespaces=("test", "bar")) as node,
        Sides({"server": options.server, "node": node.address}) as sides,
    ):
        for number in range(options.count):
            call = case(options.kind, options.seed * 1_000_000 + number)
            outcomes, different = differences(sides.all, call)
            first = next(iter(outcomes.values()))
            counts["rows" if first.rows else "no rows" if first.rows is not None else str(first.facts[0])] += 1
            counts["refused by ours"] += any(outcome.refused for outcome in outcomes.values())
            counts["different"] += bool(different)
            if different and counts["different"] <= options.show:
                sys.stdout.write(json.dumps(call) + "\n")
                for name, outcome in outcomes.items():
                    sys.stdout.write(f"  {'!' if name in different else ' '} {name}: {outcome}\n")
    sys.stdout.write(f"{dict(counts)}\n")
    return int(bool(counts["different"]))


if __name__ == "__main__":
    sys.exit(main())
