"""Random queries, jobs in the background and aggregations, for comparing two clients or two servers.

All work on the same records, see :func:`records`, and indexes, see :data:`INDEXES`. Queries,
predicates and policies are drawn such that hits, misses and refusals all come up often.
"""

from __future__ import annotations

import json
from typing import Final

from judge.cases import Call, Pool, Tagged, fn
from judge.expression_cases import Drawer, _compiled, ex

SETS: Final = (
    ("test", "qd"),
    ("test", "qd"),
    ("test", "qd"),
    ("test", None),
    ("bar", "qd"),
    ("bar", None),
    ("test", "qe"),
)
JOB_SET: Final = "qb"
"""The set that jobs change; made anew for each."""
JOB_RECORDS: Final = 12
REGIONS: Final = (
    '{"type":"Polygon","coordinates":[[[-121.5,36.0],[-116.5,36.0],[-116.5,38.0],[-121.5,38.0],[-121.5,36.0]]]}',
    '{"type":"Polygon","coordinates":[[[0,0],[10,0],[10,10],[0,10],[0,0]],[[2,2],[2,4],[4,4],[4,2],[2,2]]]}',
    '{"type":"MultiPolygon","coordinates":[[[[0,0],[3,0],[3,3],[0,3],[0,0]]],[[[5,5],[8,5],[8,8],[5,8],[5,5]]]]}',
    '{"type":"AeroCircle","coordinates":[[1.5,2.5],500000]}',
)
_NO_REGIONS: Final = ('{"type":"Nope"}', "x", '{"type":"Polygon","coordinates":[]}')
_INTEGERS: Final = (-5, -1, 0, 1, 2, 3, 4, 5, 7, 12, 19, 20, 100, 2**31, 2**63 - 1, -(2**63))
_STRINGS: Final = ("", "a", "b", "é", "x" * 40, "x1", "x2", "k1", "k3", "t", "nope", "y" * 2047)
_BLOBS: Final = ("", "00", "ff", "0102", "01", "aa", "ab" * 2047)

_DEEP: Final = [fn("cdt_ctx.cdt_ctx_map_key", "deep"), fn("cdt_ctx.cdt_ctx_list_index", 0)]
_INNER: Final = [fn("cdt_ctx.cdt_ctx_map_key", "l")]
_RANKED: Final = [*_INNER, fn("cdt_ctx.cdt_ctx_list_rank", -1)]
_SUM: Final = {**ex("Add", ex("IntBin", "i"), 100), "compiled": True}
_TEXT: Final = {**ex("StrBin", "s"), "compiled": True}

STRING, NUMERIC, GEO, BLOB = range(4)
"""Kinds of indexes by the official client's numbers."""


def _indexes() -> list[tuple[str, str | None, str | None, int, int, Tagged, Tagged]]:
    found: list[tuple[str, str | None, str | None, int, int, Tagged, Tagged]] = []
    for namespace, set_name in (("test", "qd"), ("test", None), ("bar", "qd")):
        place = namespace, set_name
        plain = (("i", NUMERIC), ("s", STRING), ("by", BLOB), ("g", GEO), ("rg", GEO))
        found += [(*place, name, kind, 0, None, None) for name, kind in plain]
        found += [(*place, "l", kind, 1, None, None) for kind in (NUMERIC, STRING, BLOB, GEO)]
        found += [(*place, "m", kind, 2, None, None) for kind in (NUMERIC, STRING, BLOB)]
        found += [(*place, "m", kind, 3, None, None) for kind in (NUMERIC, STRING, BLOB, GEO)]
        nested = ((0, _DEEP), (1, _INNER), (0, _RANKED))
        found += [(*place, "n", NUMERIC, kind, path, None) for kind, path in nested]
        found += [(*place, None, NUMERIC, 0, None, _SUM), (*place, None, STRING, 0, None, _TEXT)]
    found += [("test", JOB_SET, "i", NUMERIC, 0, None, None), ("test", JOB_SET, "s", STRING, 0, None, None)]
    return found


INDEXES: Final = tuple((*row, f"q{number}") for number, row in enumerate(_indexes()))
"""Namespace, set, bin, kind, index type, context, expression and name."""


def records(count: int) -> list[Call]:
    """Calls that write the records."""
    pool = Pool(7)
    return [_record(pool, number) for number in range(count)]


def _record(pool: Pool, number: int) -> Call:
    low, choice = pool.random.randrange, pool.random.choice
    bins: list[list[Tagged]] = [["i", low(-5, 20) if pool.chance(90) else choice((2**63 - 1, -(2**63), 2**31))]]

    def point() -> Tagged:
        place = [round(choice((low(-100, 1100) / 100, -120 + number % 10 / 4)), 3), round(low(-100, 4000) / 100, 3)]
        return {"geojson": json.dumps({"type": "Point", "coordinates": place})}

    def item() -> Tagged:
        return choice((low(8), f"x{low(4)}", {"bytes": "01"}, point(), {"float": "1.5"}))

    keys = ("k1", "k2", "k3", 1, 2, {"bytes": "aa"})
    inside = [["deep", [low(6), "t"]], ["l", [low(5) for _ in range(low(4))]]]
    drawn = {
        "s": choice(("", "a", "b", "é", "x" * 40, "y" * 2100)),
        "by": {"bytes": choice(("", "00", "ff", "0102", "ab" * 2060))},
        "g": point(),
        "rg": {"geojson": choice(REGIONS)},
        "l": pool.list(1) if pool.chance(50) else [item() for _ in range(low(5))],
        "m": {choice(("dict", "keyordereddict")): [[key, item()] for key in pool.random.sample(keys, low(5))]},
        "n": {"dict": inside},
        "f": {"float": repr(low(300) / 100)},
    }
    bins += [[name, value] for name, value in drawn.items() if pool.chance(80)]
    namespace, set_name = "bar" if number % 4 == 3 else "test", "qe" if number % 10 == 9 else "qd"
    key = {"tuple": [namespace, "" if number % 30 == 7 else set_name, choice((f"k{number}", number))]}
    kwargs: dict[str, Tagged] = {"policy": {"dict": [["key", pool.pick((0, 1))]]}}
    if namespace == "bar" and pool.chance(40):
        kwargs["meta"] = {"dict": [["ttl", choice((1000, 100_000))]]}
    return {"method": "put", "args": [key, {"dict": bins}], "kwargs": kwargs}


def job_records() -> list[Call]:
    """Calls that write the records that a job changes."""
    calls: list[Call] = []
    for number in range(JOB_RECORDS):
        bins: list[list[Tagged]] = [["i", number], ["l", [number, 1]], ["m", {"dict": [["k1", number]]}]]
        bins += [["s", f"t{number % 3}"]] if number % 4 else []
        key = {"tuple": ["test", JOB_SET, number]}
        calls.append({"method": "remove", "args": [key]})
        calls.append(
            {"method": "put", "args": [key, {"dict": bins}], "kwargs": {"policy": {"dict": [["key", number % 2]]}}}
        )
    return calls


# What is asked


def _value(pool: Pool, kind: int) -> Tagged:
    if kind == NUMERIC:
        return pool.pick(_INTEGERS)
    return pool.pick(_STRINGS) if kind == STRING else {pool.pick(("bytes", "bytearray")): pool.pick(_BLOBS)}


def _predicate(pool: Pool, name: str | None) -> tuple[Tagged, Tagged]:
    """A predicate on a bin that most often fits one of its indexes, and its context."""
    kinds = {"i": NUMERIC, "s": STRING, "by": BLOB, "g": GEO, "rg": GEO, "n": NUMERIC}
    within = {"l": 1, "m": pool.pick((2, 3)), "n": pool.pick((0, 0, 1))}.get(name or "", 0)
    kind = kinds.get(name or "", pool.pick((STRING, NUMERIC, GEO, BLOB)))
    context = None
    if name == "n":
        context = _INNER if within == 1 else pool.pick((_DEEP, _RANKED, _DEEP, None))
    if pool.chance(6):
        within = pool.pick((0, 1, 2, 3))
    if pool.chance(6):
        kind = pool.pick((STRING, NUMERIC, GEO, BLOB))
    if kind == GEO:
        place = [{"float": repr(pool.random.randrange(-100, 1100) / 100)} for _ in range(2)]
        if name == "rg" or pool.chance(5):
            return fn("predicates.geo_contains_point", name, *place, within), context
        if pool.chance(30):
            radius = {"float": pool.pick(("1000.0", "100000.0", "900000.0"))}
            return fn("predicates.geo_within_radius", name, *place, radius, within), context
        shape = pool.pick(REGIONS if pool.chance(90) else _NO_REGIONS)
        return fn("predicates.geo_within_geojson_region", name, shape, within), context
    if kind == NUMERIC and pool.chance(55):
        low, high = sorted((pool.pick(_INTEGERS), pool.pick(_INTEGERS)))
        if within == 0 and pool.chance(85):
            return fn("predicates.between", name, low, high), context
        return fn("predicates.range", name, within, low, high), context
    if within == 0 and pool.chance(85):
        return fn("predicates.equals", name, _value(pool, kind)), context
    return fn("predicates.contains", name, within, _value(pool, kind)), context


def _filter(pool: Pool) -> Tagged:
    if pool.chance(40):
        drawer = Drawer(pool, oddities=0)
        drawer.sketches = ()
        pool.arguing = True
        made = drawer.draw("boolean", pool.pick((1, 2, 3)))
        pool.arguing = False
        return _compiled(made)
    return _compiled(
        pool.pick(
            (
                ex("GE", ex("IntBin", "i"), 3), ex("LT", ex("IntBin", "i"), 8), ex("Eq", ex("StrBin", "s"), "a"),
                ex("Not", ex("KeyExists")), ex("Eq", ex("SetName"), "qd"), ex("GT", ex("VoidTime"), 0),
                ex("Eq", ex("DigestMod", 3), 1), ex("Eq", ex("IntBin", "none"), 1), ex("Add", ex("IntBin", "i"), 1),
            )
        )
    )  # fmt: skip


def _policy(pool: Pool, *, scan: bool) -> Tagged:
    found: list[list[Tagged]] = [["max_retries", 0]]

    def maybe(percent: int, name: str, *values: Tagged) -> None:
        if pool.chance(percent):
            found.append([name, pool.pick(values)])

    if pool.chance(35):
        found.append(["expressions", _filter(pool)])
    parts = ((0, 4096), (100, 96), (2048, 1000), (2048, 2048), (4095, 1), (0, 0))
    maybe(25, "partition_filter", *({"dict": [["begin", begin], ["count", count]]} for begin, count in parts))
    maybe(10, "total_timeout", 0, 5000)
    maybe(10, "socket_timeout", 1000, 0)
    maybe(5, "compress", True, False)
    maybe(5, "replica", 0, 1, 2)
    if scan:
        maybe(20, "max_records", 1, 5, 1000, 0)
        maybe(10, "records_per_second", 0, 100_000)
    else:
        maybe(15, "expected_duration", 0, 1, 2)
    return {"dict": found}


_LISTS, _MAPS, _EXPRESSIONS = (f"operations.{name}_operations." for name in ("list", "map", "expression"))
_BASIC: Final = "operations.operations."
_READS: Final = (
    fn(f"{_BASIC}read", "i"), fn(f"{_BASIC}read", "none"), fn(f"{_LISTS}list_size", "l"), fn(f"{_LISTS}list_get", "l", 0),
    fn(f"{_LISTS}list_get_by_rank", "l", -1, 7), fn(f"{_MAPS}map_get_by_key", "m", "k1", 7), fn(f"{_MAPS}map_size", "s"),
    fn(f"{_EXPRESSIONS}expression_read", "e", _SUM), fn(f"{_LISTS}list_size", "n", _INNER),
)  # fmt: skip
_WRITES: Final = (
    fn(f"{_BASIC}write", "bg", 9), fn(f"{_BASIC}write", "i", None), fn(f"{_BASIC}increment", "i", 100),
    fn(f"{_BASIC}append", "s", "!"), fn(f"{_BASIC}append", "i", "!"), fn(f"{_BASIC}touch"), fn(f"{_BASIC}delete"),
    fn(f"{_LISTS}list_append", "l", 7), fn(f"{_LISTS}list_append", "i", 7), fn(f"{_MAPS}map_put", "m", "kk", 1),
    fn(f"{_EXPRESSIONS}expression_write", "w", _SUM), fn(f"{_BASIC}read", "i"),
)  # fmt: skip


def query(pool: Pool) -> Call:
    """A query or scan, run to its end."""
    scan = pool.chance(12)
    place = list(pool.pick(SETS) if pool.chance(96) else pool.pick((("nons", "qd"), ("test", "never"))))
    chain: list[Call] = []
    if not scan and pool.chance(65):
        chain.append(_where(pool, place))
    selects = pool.random.randrange(10)
    if selects < 3:
        chain.append({"method": "select", "args": pool.pick((["i"], ["i", "s"], ["none"], ["s", "none"], ["l", "m"]))})
    elif selects < 6:
        chain.append({"method": "add_ops", "args": [[pool.pick(_READS) for _ in range(pool.pick((1, 1, 2, 3)))]]})
    if not scan and pool.chance(15):
        chain.append({"set_attribute": "max_records", "value": pool.pick((1, 3, 50, 1000))})
    args = [_policy(pool, scan=scan)]
    if not scan and pool.chance(15):
        args.append({"dict": [["nobins", True]]})
    chain.append({"method": "results", "args": args})
    return {"method": "scan" if scan else "query", "args": place, "chain": chain}


def _where(pool: Pool, place: list[Tagged]) -> Call:
    way = pool.random.randrange(10)
    if way < 7:
        found, context = _predicate(pool, pool.pick(("i", "i", "s", "by", "g", "rg", "l", "m", "n", "none")))
        return {"method": "where", "args": [found] if context is None else [found, context]}
    if way < 9:
        rows = [row for row in INDEXES if row[0] == place[0]] or INDEXES
        _, _, name, kind, within, _, _, index = pool.pick(rows)
        found = fn("predicates.range", pool.pick((None, name)), within, 0, 5)
        if kind != NUMERIC:  # of integers and a region a server compares what happens to be in memory
            found, _ = _predicate(pool, name)
        return {"method": "where_with_index_name", "args": [index if pool.chance(90) else "nope", found]}
    asked, found = pool.pick(
        ((_SUM, fn("predicates.between", None, 95, 105)), (_TEXT, fn("predicates.equals", None, "a")))
    )
    return {"method": "where_with_expr", "args": [asked, found]}


def job(pool: Pool) -> Call:
    """A job in the background on the set made for them."""
    scan = pool.chance(25)
    chain: list[Call] = []
    if not scan and pool.chance(40):
        found = pool.pick(
            (fn("predicates.between", "i", 2, 5), fn("predicates.equals", "s", "t1"), fn("predicates.equals", "no", 1))
        )
        chain.append({"method": "where", "args": [found]})
    chain.append({"method": "add_ops", "args": [[pool.pick(_WRITES) for _ in range(pool.pick((1, 1, 2, 3)))]]})
    settings: list[list[Tagged]] = []
    if pool.chance(35):
        settings.append(["expressions", _compiled(pool.pick((ex("LT", ex("IntBin", "i"), 4), ex("KeyExists"))))])
    names = {"exists": (0, 1, 2, 3, 4), "gen": (0, 1, 2), "commit_level": (0, 1), "durable_delete": (True, False)}
    settings += [[name, pool.pick(values)] for name, values in names.items() if not scan and pool.chance(12)]
    chain.append({"method": "execute_background", "args": [{"dict": settings}]})
    return {"method": "scan" if scan else "query", "args": ["test", JOB_SET], "chain": chain}


def aggregation(pool: Pool) -> Call:
    """An aggregation by one of the functions of ``gold_agg.lua``."""
    place = list(pool.pick((("test", "qd"), ("bar", "qd"), ("test", "qe"), ("test", "never"))))
    chain: list[Call] = []
    if pool.chance(40):
        found, _ = _predicate(pool, pool.pick(("i", "s", "l")))
        chain.append({"method": "where", "args": [found]})
    function = pool.pick(("count", "total", "rows", "groups") if chain else ("count", "rows", "no_such_function"))
    chain.append({"method": "apply", "args": ["gold_agg", function]})
    chain.append({"method": "results", "args": [{"dict": [["max_retries", 0]]}]})
    return {"method": "query", "args": place, "chain": chain}


KINDS: Final = {"query": query, "job": job, "aggregation": aggregation}
