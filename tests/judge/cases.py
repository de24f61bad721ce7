"""Random calls of operations, for comparing two clients or two servers call by call.

Calls are made in the tagged form of the recordings (see :mod:`gold`), so that they can be
made with the official client and with ours. Arguments are taken from small pools, by the
name of the helper's parameter, such that hits, misses and errors all come up often. Lists of
values or keys to remove are never empty: inverted, they end a server 8.1.2.
"""

from __future__ import annotations

import importlib
import inspect
import random
from typing import Any, Final

Tagged = Any
Call = dict[str, Any]

INTEGERS: Final = (0, 1, 2, 3, 5, -1, -2, -7, 127, 128, 255, 256, 65_536, 2**31, -(2**31), 2**63 - 1, -(2**63))
SMALL: Final = (0, 1, 2, 3, 4, 5, -1, -2, -3, -4, 7, -9)
STRINGS: Final = ("", "a", "b", "ab", "abc", "z", "é", "key", "x" * 40)
FLOATS: Final = ("0.0", "1.0", "1.5", "-0.0", "-2.25", "nan", "inf", "-inf", "1e300")
BLOBS: Final = ("", "00", "ff", "0102", "a5a5", "ffffffffffffffff00")
POINT: Final = '{"type": "Point", "coordinates": [1.5, 2.5]}'
NAMESPACE: Final = "test"


def fn(name: str, *args: Tagged, **kwargs: Tagged) -> Tagged:
    """A helper's call, tagged."""
    return {"fn": name, "args": list(args), **({"kwargs": kwargs} if kwargs else {})}


class Pool:
    """Draws tagged values.

    Args:
        seed: makes the same values again.
    """

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.arguing = False
        """True while arguments are drawn, False for what is stored before."""

    def pick(self, items: Any) -> Any:
        """One of some items."""
        return self.random.choice(items)

    def chance(self, percent: int) -> bool:
        """True in so many of a hundred cases."""
        return self.random.randrange(100) < percent

    # Values

    def scalar(self) -> Tagged:
        """A value that holds no others."""
        kind = self.random.randrange(20)
        if kind < 8:
            return self.pick(INTEGERS) if self.chance(40) else self.random.randrange(6)
        if kind < 12:
            return self.pick(STRINGS)
        if kind < 14:
            return {"float": self.pick(FLOATS)}
        if kind < 16:
            return {"bytes": self.pick(BLOBS)}
        return (True, False, None, {"geojson": POINT})[kind - 16]

    def key(self) -> Tagged:
        """A key of a map, of a type that servers can index."""
        kind = self.random.randrange(10)
        if kind < 5:
            return self.pick(("a", "b", "c", "ab", "k", "x"))
        if kind < 8:
            return self.random.randrange(-1, 6)
        return {"bytes": self.pick(BLOBS)}

    def value(self, depth: int = 2) -> Tagged:
        """Any value of a bin or of an element."""
        if depth and self.chance(20):
            return self.list(depth - 1)
        if depth and self.chance(15):
            return self.map(depth - 1)
        return self.scalar()

    def list(self, depth: int = 2) -> Tagged:
        """A list, often of one type."""
        size = self.pick((0, 1, 2, 3, 4, 5, 5, 8))
        if self.chance(50):
            return [self.random.randrange(-2, 7) for _ in range(size)]
        return [self.value(depth) for _ in range(size)]

    def map(self, depth: int = 2, kind: str | None = None) -> Tagged:
        """A map; without a kind unordered or ordered by key.

        Arguments have unordered maps of one entry only, because the official client sends more
        in the order of a hash table.
        """
        keys: list[Tagged] = []
        for _ in range(self.pick((0, 1, 2, 3, 4, 6))):
            key = self.key()
            if key not in keys:
                keys.append(key)
        pairs = [[key, self.random.randrange(-1, 5) if self.chance(50) else self.value(depth)] for key in keys]
        kind = kind or self.pick(("dict", "dict", "keyordereddict"))
        return {kind: pairs[:1] if kind == "dict" and self.arguing else pairs}

    def bin(self) -> Tagged:
        """The value of a bin before a call."""
        kind = self.random.randrange(10)
        if kind < 3:
            return self.list()
        if kind < 6:
            return self.map()
        return self.scalar() if kind < 8 else self.nested()

    def nested(self) -> Tagged:
        """A collection in which contexts find their way."""
        inner = {"dict": [["l", self.list(1)], ["m", self.map(1)], ["n", self.random.randrange(9)]]}
        return self.pick(
            (
                {"dict": [["a", inner], ["l", self.list(1)], ["m", self.map(1)], [1, self.list(1)]]},
                {"keyordereddict": [["a", self.map(1)], ["l", self.list(1)], ["m", inner]]},
                [self.list(1), inner, self.map(1), self.random.randrange(5)],
            )
        )

    # Arguments

    def context(self) -> Tagged:
        """A way to a nested element; None for the bin itself."""
        if self.chance(60):
            return None
        return [self.turn() for _ in range(self.pick((1, 1, 1, 2, 2, 3)))]

    def turn(self) -> Tagged:
        """One step of a context."""
        kind = self.random.randrange(11)
        if kind < 4:
            return fn("cdt_ctx.cdt_ctx_map_key", self.pick(("a", "l", "m", 1, "none")))
        small = self.pick(SMALL[:8])
        if kind == 4:
            return fn("cdt_ctx.cdt_ctx_map_key_create", self.pick(("a", "new", 7)), self.pick((0, 1, 3)))
        if kind == 5:
            order = self.pick((0, 1))
            pad = self.pick((False, True)) and not order and small >= 0  # a server 8.1.2 ends if it is to pad before -1
            return fn("cdt_ctx.cdt_ctx_list_index_create", small, order, pad)
        if kind in {6, 7}:
            return fn(f"cdt_ctx.cdt_ctx_{self.pick(('list_index', 'list_rank'))}", small)
        if kind == 8:
            return fn(f"cdt_ctx.cdt_ctx_{self.pick(('map_index', 'map_rank'))}", small)
        return fn(f"cdt_ctx.cdt_ctx_{self.pick(('list_value', 'map_value'))}", self.pick((1, [], [1, 2], {"dict": []})))

    def bound(self) -> Tagged:
        """An end of a range of values."""
        kind = self.random.randrange(10)
        if kind < 2:
            return None
        return {"infinite": True} if kind == 2 else self.value(1)

    def sought(self) -> Tagged:
        """A value to look for."""
        if self.chance(7):
            return {"wildcard": True}
        return [self.scalar(), {"wildcard": True}] if self.chance(5) else self.value(1)

    def amount(self) -> Tagged:
        """What to add."""
        return self.pick((1, 2, -3, 100, 2**63 - 1, {"float": "0.5"}, {"float": "-1.25"}))

    def argument(self, family: str, name: str) -> Tagged:
        """An argument by the parameter's name."""
        pick = self.pick
        makers = {
            "ctx": self.context,
            "index": lambda: pick(SMALL), "rank": lambda: pick(SMALL), "offset": lambda: pick(SMALL),
            "index_start": lambda: pick(SMALL), "rank_start": lambda: pick(SMALL),
            "count": lambda: pick((0, 1, 2, 3, 9)),
            "get_amt": lambda: pick((0, 1, 2, 9)), "remove_amt": lambda: pick((0, 1, 2, 9)),
            "return_type": lambda: pick((0, 1, 2, 3, 4, 5, 7, 7, 7, 6, 8, 13) if family == "map" else (0, 1, 2, 3, 4, 5, 7, 7, 7, 13)),
            "inverted": lambda: pick((False, False, True)),
            "value_begin": self.bound, "value_end": self.bound, "value_start": self.bound,
            "key_range_start": lambda: pick((None, self.key(), {"infinite": True})),
            "key_range_end": lambda: pick((None, self.key(), {"infinite": True})),
            # Beside other values, what a wildcard matches depends on how a server sorts them.
            "value_list": lambda: [self.sought()] if self.chance(50) else [self.value(1) for _ in range(pick((2, 3)))],
            "key_list": lambda: [self.key() for _ in range(pick((1, 1, 2, 3)))],
            "values": lambda: [self.value(1) for _ in range(pick((0, 1, 2, 3)))],
            "value": lambda: self.sought() if family in {"list", "map"} else self.value(1),
            "key": self.key,
            "item_dict": lambda: self.map(1),
            "amount": self.amount,
            "list_order": lambda: pick((0, 1)), "map_order": lambda: pick((0, 1, 3)),
            "pad": lambda: pick((False, True)), "persist_index": lambda: pick((False, False, False, True)),
            "sort_flags": lambda: pick((0, 1, 2, 3)),
            "map_policy": lambda: pick((None, self.map_policy(), self.map_policy())),
            "policy": lambda: self.list_policy() if family == "list" else self.map_policy(),
        }  # fmt: skip
        return makers[name]()

    def list_policy(self) -> Tagged:
        """A policy of lists, or None."""
        if self.chance(50):
            return None
        flags = self.pick((0, 1, 2, 4, 5, 6, 12, 9, 15))
        return {"dict": [["list_order", self.pick((0, 1))], ["write_flags", flags]]}

    def map_policy(self) -> Tagged:
        """A policy of maps."""
        flags = self.pick((0, 0, 1, 2, 4, 5, 6, 12, 9, 3, 15))
        return {"dict": [["map_order", self.pick((0, 0, 1, 3))], ["map_write_flags", flags]]}

    # Calls

    def operation(self, family: str, name: str, bin_name: str = "b") -> Tagged:
        """A call of a list or map operation."""
        module = f"operations.{family}_operations"
        helper = getattr(importlib.import_module(f"aerospike_helpers.{module}"), name)
        args: list[Tagged] = []
        kwargs: dict[str, Tagged] = {}
        for parameter in list(inspect.signature(helper).parameters.values())[1:]:
            value = self.argument(family, parameter.name)
            if name == "list_increment" and parameter.name == "value":
                value = self.amount()
            if name.endswith("_by_key_index_range_relative") and parameter.name == "value":
                value = self.key()
            if name in _STORING and parameter.name == "value":
                value = self.value(1)
            if parameter.default is inspect.Parameter.empty:
                args.append(value)
            elif value is not None and self.chance(80):
                kwargs[parameter.name] = value
        return fn(f"{module}.{name}", bin_name, *args, **kwargs)

    def collection(self) -> Tagged:
        """Any list or map operation, more often than not one that fits the bin."""
        family, name = self.pick(COLLECTION)
        return self.operation(family, name)

    def bits(self) -> Tagged:
        """A bit operation."""
        pick = self.pick
        name = pick(BITS)
        module = "operations.bitwise_operations"
        helper = getattr(importlib.import_module(f"aerospike_helpers.{module}"), name)
        raw = bytes(self.random.randrange(256) for _ in range(pick((1, 1, 2, 3, 9))))
        makers = {
            "bit_offset": lambda: pick((0, 1, 3, 7, 8, 12, 16, 31, 64, -1, -8, -9, -40, 200)),
            "bit_size": lambda: pick((0, 1, 4, 7, 8, 9, 16, 24, 64, 65, 100)),
            "byte_offset": lambda: pick((0, 1, 2, 5, -1, -2, -9, 30)),
            "byte_size": lambda: pick((0, 1, 2, 5, 12)),
            "value_byte_size": lambda: len(raw) if self.chance(90) else pick((1, 2, 4)),
            "value": lambda: (
                {"bytes": raw.hex()} if "value_byte_size" in inspect.signature(helper).parameters
                else pick((True, False)) if name in {"bit_lscan", "bit_rscan"}
                else pick((0, 1, 5, 127, 255, 2**40, *((-1,) if name == "bit_set_int" else (2**64 - 1,))))
            ),
            "shift": lambda: pick((0, 1, 3, 8, 9, 17, 100)),
            "sign": lambda: pick((False, True)),
            "action": lambda: pick((0, 2, 4)),
            "resize_flags": lambda: pick((0, 1, 2, 4)),
            "policy": lambda: pick((None, {"dict": [["bit_write_flags", pick((0, 1, 2, 4, 8, 5, 12, 6, 3))]]})),
        }  # fmt: skip
        args, kwargs = [], {}
        for parameter in list(inspect.signature(helper).parameters.values())[1:]:
            value = makers[parameter.name]()
            if parameter.default is inspect.Parameter.empty:
                args.append(value)
            elif value is not None and self.chance(70):
                kwargs[parameter.name] = value
        return fn(f"{module}.{name}", "b", *args, **kwargs)

    def hll(self) -> Tagged:
        """A HyperLogLog operation."""
        pick = self.pick
        name = pick(HLLS)
        module = "operations.hll_operations"
        values = [self.scalar() if self.chance(30) else self.random.randrange(50) for _ in range(pick((0, 1, 3, 20)))]
        bits = pick((None, 4, 8, 8, 10, 12, 16, 3, 17))
        minhash = pick((None, None, 4, 8, 20, 51, 3))
        policy = pick((None, {"dict": [["flags", pick((0, 1, 2, 4, 8, 5, 6, 3))]]}))
        others = [{"hll": pick(SKETCHES)} for _ in range(pick((0, 1, 1, 2)))]
        if name == "hll_add":
            kwargs = {"index_bit_count": bits, "mh_bit_count": minhash, "policy": policy}
            return fn(f"{module}.{name}", "b", values, **{k: v for k, v in kwargs.items() if v is not None})
        if name == "hll_init":
            kwargs = {"index_bit_count": bits, "mh_bit_count": minhash, "policy": policy}
            return fn(f"{module}.{name}", "b", **{k: v for k, v in kwargs.items() if v is not None})
        if name == "hll_fold":
            return fn(f"{module}.{name}", "b", bits or 4)
        if name == "hll_set_union":
            return fn(f"{module}.{name}", "b", others, **({"policy": policy} if policy else {}))
        return fn(f"{module}.{name}", "b", others) if name in _WITH_SKETCHES else fn(f"{module}.{name}", "b")

    def basic(self) -> Tagged:
        """An operation on a whole bin."""
        name = self.pick(("read", "read", "write", "append", "prepend", "increment", "touch", "delete"))
        target = self.pick(("b", "b", "b", "c", "none"))
        if name == "read":
            return fn("operations.operations.read", target)
        if name == "touch":
            return fn("operations.operations.touch", *self.pick(((), (), (-2,), (-1,), (0,))))
        if name == "delete":
            return fn("operations.operations.delete")
        if name == "increment":
            return fn(f"operations.operations.{name}", target, self.pick((1, -5, 2**63 - 1, {"float": "1.5"})))
        if name == "write":
            return fn(f"operations.operations.{name}", target, self.value(1))
        return fn(f"operations.operations.{name}", target, self.pick(("x", {"bytes": "01ff"}, "")))


def _helpers(family: str, prefix: str) -> list[str]:
    module = importlib.import_module(f"aerospike_helpers.operations.{family}_operations")
    return sorted(name for name in vars(module) if name.startswith(prefix))


_STORING: Final = {"list_append", "list_insert", "list_set", "map_put"}
_WITH_SKETCHES: Final = {"hll_get_intersect_count", "hll_get_similarity", "hll_get_union", "hll_get_union_count"}
COLLECTION: Final = [
    (family, name) for family in ("list", "map") for name in _helpers(family, f"{family}_") if name != "list_join"
]
BITS: Final = [name for name in _helpers("bitwise", "bit_") if name != "bit_b64_encode"]
HLLS: Final = _helpers("hll", "hll_")
SKETCHES: list[str] = []
"""Sketches of a server, in hexadecimal; whoever draws HyperLogLog operations puts some here."""


def operate(pool: Pool, number: int) -> Call:
    """A record with one interesting bin, one call of ``operate`` on it, and a look at what is left."""
    key = {"tuple": [NAMESPACE, "cases", f"{number}"]}
    kind = pool.random.randrange(20)
    before: Tagged = pool.bin() if pool.chance(85) else None
    pool.arguing = True
    if kind < 13:
        ops = [pool.collection() for _ in range(pool.pick((1, 1, 1, 1, 2, 3)))]
    elif kind < 15:
        if pool.chance(85):
            before = {"bytes": bytes(pool.random.randrange(256) for _ in range(pool.pick((1, 2, 5, 12)))).hex()}
        ops = [pool.bits() for _ in range(pool.pick((1, 1, 2)))]
    elif kind < 17:
        if pool.chance(75):
            before = {"hll": pool.pick(SKETCHES)}
        ops = [pool.hll() for _ in range(pool.pick((1, 1, 2)))]
    else:
        ops = [pool.basic() if pool.chance(75) else pool.collection() for _ in range(pool.pick((1, 2, 3, 4)))]
    setup = [{"method": "remove", "args": [key]}]
    if before is not None or pool.chance(70):
        setup.append(_put(key, before))
    if pool.chance(15) and before is not None:
        # Orders that no value can be written with.
        order = pool.pick(
            (
                fn("operations.list_operations.list_set_order", "b", 1),
                fn("operations.map_operations.map_set_policy", "b", {"dict": [["map_order", pool.pick((1, 3))]]}),
            )
        )
        setup.append({"method": "operate", "args": [key, [order]]})
    method = pool.pick(("operate", "operate", "operate_ordered"))
    return {"call": {"method": method, "args": [key, ops]}, "setup": setup, "after": [_get(key)]}


def _put(key: Tagged, value: Tagged) -> Call:
    pairs = [["c", 7], *([] if value is None else [["b", value]])]
    return {"method": "put", "args": [key, {"dict": pairs}]}


def _get(key: Tagged) -> Call:
    return {"method": "get", "args": [key]}


# Batches

_KEYS: Final = 6
_READ_N: Final = fn("operations.operations.read", "n")
_TRUE: Final = fn("expressions.GE", fn("expressions.IntBin", "n"), 0)
_FALSE: Final = fn("expressions.GT", fn("expressions.IntBin", "n"), 3)


def batch(pool: Pool, number: int) -> Call:
    """Some records, one call on several of them, and a look at what is left of each."""
    keys = [{"tuple": [NAMESPACE, "rows", f"{number}.{at}"]} for at in range(_KEYS)]
    there = [key for key in keys if pool.chance(75)]
    setup: list[Call] = [{"method": "remove", "args": [key]} for key in keys]
    setup += [{"method": "put", "args": [key, {"dict": _bins(pool)}]} for key in there]
    pool.arguing = True
    rows = [pool.pick(keys) for _ in range(pool.pick((1, 1, 2, 3, 3, 4, 5)))]
    method = pool.pick(("batch_read", "batch_operate", "batch_operate", "batch_remove", "batch_write", "batch_write"))
    kwargs: dict[str, Tagged] = {}
    whole = _batch_policy(pool)
    if method == "batch_read":
        args = [rows, *pool.pick(([], [["n"]], [["n", "b", "none"]], [[]], [None]))]
        name = "policy"
    elif method == "batch_operate":
        # There the official client leaves out the time to live of touch, which ours does not.
        args = [rows, [op for op in _ops(pool, writing=None) if not op["fn"].endswith(".touch")] or [_READ_N]]
        if pool.chance(50):
            kwargs["policy_batch_write"] = _row_policy(pool, "write")
        if pool.chance(10):
            kwargs["ttl"] = pool.pick((0, -1, -2))
        name = "policy_batch"
    elif method == "batch_remove":
        args = [rows]
        if pool.chance(50):
            kwargs["policy_batch_remove"] = _row_policy(pool, "remove")
        name = "policy_batch"
    else:
        args = [fn("batch.records.BatchRecords", [_row(pool, key) for key in rows])]
        name = "policy_batch"
    if whole:
        kwargs[name] = {"dict": whole}
    return {
        "call": {"method": method, "args": args, "kwargs": kwargs},
        "setup": setup,
        "after": [_get(key) for key in keys],
    }


def _bins(pool: Pool) -> Tagged:
    return [["n", pool.random.randrange(6)], ["s", "x"], ["b", pool.bin()]]


def _batch_policy(pool: Pool) -> list[Tagged]:
    return [
        [name, pool.pick(values)]
        for name, values in (
            ("respond_all_keys", (True, False)), ("allow_inline", (True,)), ("allow_inline_ssd", (True, False)),
            ("expressions", ({**_TRUE, "compiled": True}, {**_FALSE, "compiled": True})), ("read_mode_ap", (0, 1)),
            ("read_touch_ttl_percent", (0, -1)), ("read_mode_sc", (0, 2, 3)),
            ("total_timeout", (1000, 0, 2500)),
        )
        if pool.chance(12)
    ]  # fmt: skip


def _row_policy(pool: Pool, kind: str) -> Tagged:
    options: dict[str, Tagged] = {
        "key": (0, 1), "commit_level": (0, 1), "gen": (0, 1, 2), "durable_delete": (True, False),
        "expressions": ({**_TRUE, "compiled": True}, {**_FALSE, "compiled": True}),
    }  # fmt: skip
    if kind == "write":
        options |= {"exists": (0, 1, 2, 3, 4), "ttl": (0, -1, -2)}
    elif kind == "remove":
        options |= {"generation": (1, 2)}
    else:
        options = {
            "read_mode_ap": (0, 1), "read_mode_sc": (0, 2), "expressions": options["expressions"],
            "read_touch_ttl_percent": (0, -1),
        }  # fmt: skip
    return {"dict": [[name, pool.pick(values)] for name, values in options.items() if pool.chance(30)]}


def _ops(pool: Pool, *, writing: bool | None = None) -> list[Tagged]:
    ops = []
    for _ in range(pool.pick((1, 1, 2, 3))):
        op = pool.basic() if pool.chance(60) else pool.collection()
        ops.append(op)
    writes = [_is_write(op) for op in ops]
    if writing is True and not any(writes):
        ops.append(fn("operations.operations.write", "n", pool.random.randrange(9)))
    if writing is False:
        ops = [op for op, write in zip(ops, writes, strict=True) if not write]
        ops = ops or [_READ_N]
    return ops


def _is_write(op: Tagged) -> bool:
    name = op["fn"].rpartition(".")[2]
    return name != "read" and "_get" not in name and not name.endswith("_size")


def _row(pool: Pool, key: Tagged) -> Tagged:
    kind = pool.random.randrange(10)
    kwargs: dict[str, Tagged] = {}
    if kind < 4:
        if pool.chance(30):
            kwargs["policy"] = _row_policy(pool, "read")
        if pool.chance(50):
            return fn("batch.records.Read", key, None, read_all_bins=pool.pick((True, False)), **kwargs)
        return fn("batch.records.Read", key, _ops(pool, writing=False), **kwargs)
    if kind < 8:
        if pool.chance(40):
            kwargs["policy"] = _row_policy(pool, "write")
        if pool.chance(20):
            kwargs["meta"] = {"dict": [["gen", pool.pick((1, 2))], *([["ttl", -1]] if pool.chance(50) else [])]}
        return fn("batch.records.Write", key, _ops(pool, writing=True), **kwargs)
    if pool.chance(50):
        kwargs["policy"] = _row_policy(pool, "remove")
    return fn("batch.records.Remove", key, **kwargs)


KINDS: Final = {"operate": operate, "batch": batch}
"""What can be drawn."""
