"""Random calls on single records with random policies, for comparing clients and servers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from judge.cases import fn
from judge.expression_cases import ex

if TYPE_CHECKING:
    from judge.cases import Call, Pool, Tagged

_TRUE: Final = {**ex("GE", ex("IntBin", "n"), 0), "compiled": True}
_FALSE: Final = {**ex("GT", ex("IntBin", "n"), 1000), "compiled": True}
_UNKNOWN: Final = {**ex("Eq", ex("StrBin", "none"), "a"), "compiled": True}
_BROKEN: Final = {**ex("Add", ex("IntBin", "n"), 1), "compiled": True}
_FILTERS: Final = (_TRUE, _TRUE, _FALSE, _UNKNOWN, _BROKEN)

_READS: Final[dict[str, tuple[Any, ...]]] = {
    "key": (0, 1), "replica": (0, 1, 2, 3), "read_mode_ap": (0, 1), "read_mode_sc": (0, 1, 2, 3), "compress": (True, False),
    "read_touch_ttl_percent": (-1, 0, 1, 50, 80, 100), "expressions": _FILTERS, "total_timeout": (0, 1000, 3000),
    "socket_timeout": (0, 500, 5000), "max_retries": (0, 2),
}  # fmt: skip
_WRITES: Final[dict[str, tuple[Any, ...]]] = {
    "key": (0, 1), "gen": (0, 1, 2), "exists": (0, 1, 2, 3, 4), "commit_level": (0, 1), "durable_delete": (True, False),
    "replica": (0, 1, 2), "ttl": (0, -1, -2, 100), "expressions": _FILTERS,
    "total_timeout": (0, 1000, 3000), "on_locking_only": (False, True),
}  # fmt: skip
_OF: Final = {
    "remove": ("key", "gen", "generation", "commit_level", "durable_delete", "replica", "expressions", "total_timeout"),
    "operate": (*_WRITES, "read_mode_ap", "read_mode_sc", "read_touch_ttl_percent"),
}
"""Settings of the policies of some methods, where they are not those of any write."""


def policies(pool: Pool, number: int) -> Call:
    """A record or none, one call on it under some policy, and a look at what is left."""
    user_key: Tagged = pool.pick((f"p{number}", number, {"bytearray": f"{number:08x}"}))
    key = {"tuple": [pool.pick(("test", "test", "bar")), pool.pick(("pols", "pols", "")), user_key]}
    setup: list[Call] = [{"method": "remove", "args": [key]}]
    for _ in range(pool.pick((0, 1, 1, 1, 2))):
        kwargs: dict[str, Tagged] = {}
        if pool.chance(30):
            kwargs["policy"] = {"dict": [["key", 1]]}
        if pool.chance(30) and key["tuple"][0] == "bar":
            kwargs["meta"] = {"dict": [["ttl", pool.pick((50, 100, 1000))]]}
        bins = [["n", pool.random.randrange(5)], ["s", "text"], ["l", [1, 2]]]
        setup.append({"method": "put", "args": [key, {"dict": bins}], "kwargs": kwargs})
    method, args, reads = _call(pool, key)
    kwargs = {}
    if pool.chance(85):
        kwargs["policy"] = {"dict": _policy(pool, method, reads=reads)}
    if pool.chance(45) and method not in {"get", "select", "exists"}:
        kwargs["meta"] = {"dict": _meta(pool)}
    if method == "touch":
        # Without a time of its own ours takes that of the meta data or of the policy; the official client none.
        for pairs in kwargs.values():
            pairs["dict"] = [pair for pair in pairs["dict"] if pair[0] != "ttl"]
    call = {"method": method, "args": args, "kwargs": kwargs}
    after = [{"method": "get", "args": [key]}, {"method": "exists", "args": [key]}]
    return {"call": call, "setup": setup, "after": after}


def _policy(pool: Pool, method: str, *, reads: bool) -> list[Tagged]:
    settings = (
        _READS
        if reads
        else {**_WRITES, "generation": (1, 2), **{name: _READS[name] for name in _READS if name not in _WRITES}}
    )
    names = _OF.get(method, tuple(_READS if reads else _WRITES))
    return [[name, pool.pick(settings[name])] for name in names if pool.chance(22)]


def _meta(pool: Pool) -> list[Tagged]:
    found = []
    if pool.chance(60):
        found.append(["gen", pool.pick((0, 1, 2, 3))])
    if pool.chance(60):
        found.append(["ttl", pool.pick((0, -1, -2, -3, 1, 100, 315_360_000, 315_360_001))])
    return found


def _call(pool: Pool, key: Tagged) -> tuple[str, list[Tagged], bool]:
    """A method, its arguments, and whether it only reads."""
    kind = pool.random.randrange(22)
    if kind < 3:
        return "get", [key], True
    if kind < 5:
        return "select", [key, pool.pick((["n"], ["n", "s"], ["none"], ["n", "none", "n"], []))], True
    if kind < 7:
        return "exists", [key], True
    if kind < 11:
        return (
            "put",
            [
                key,
                {"dict": pool.pick(([["n", 9]], [["n", 9], ["z", "new"]], [["n", None]], [["z", {"float": "1.5"}]]))},
            ],
            False,
        )
    if kind < 13:
        return "touch", [key, *pool.pick(((), (0,), (-1,), (-2,), (100,)))], False
    if kind == 13:
        return (
            pool.pick(("append", "prepend")),
            [key, pool.pick(("s", "n", "z")), pool.pick(("x", {"bytes": "01"}))],
            False,
        )
    if kind == 14:
        return "increment", [key, pool.pick(("n", "s", "z")), pool.pick((1, -3, {"float": "0.5"}))], False
    if kind < 17:
        return "remove", [key], False
    if kind == 17:
        return "remove_bin", [key, pool.pick((["n"], ["n", "s", "l"], ["none"], ["n", "none"]))], False
    ops = [_operation(pool) for _ in range(pool.pick((1, 2, 2, 3)))]
    return pool.pick(("operate", "operate_ordered")), [key, ops], False


def _operation(pool: Pool) -> Tagged:
    base = "operations.operations"
    return pool.pick(
        (
            fn(f"{base}.read", "n"), fn(f"{base}.read", "none"), fn(f"{base}.read", "n"),
            fn(f"{base}.write", "z", 5), fn(f"{base}.write", "n", None), fn(f"{base}.increment", "n", 1),
            fn(f"{base}.append", "s", "!"), fn(f"{base}.touch"), fn(f"{base}.delete"),
            fn("operations.list_operations.list_size", "l"), fn("operations.list_operations.list_append", "l", 7),
            fn("operations.list_operations.list_get", "l", 9), fn("operations.map_operations.map_put", "mm", "a", 1),
        )
    )  # fmt: skip
