"""Random expressions, as filters and as operations that read or write, for comparing clients and servers.

An expression is drawn by the type that it is to have, so that most of them can be worked out;
now and then a part is of another type, a bin is missing or a number does not fit, since what
comes of those is half of what there is to compare.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from judge import cases
from judge.cases import BLOBS, FLOATS, INTEGERS, NAMESPACE, STRINGS, fn

if TYPE_CHECKING:
    from judge.cases import Call, Pool, Tagged

PLACES: Final = (
    '{"type": "Point", "coordinates": [1.5, 2.5]}',
    '{"type": "Point", "coordinates": [-122.0, 37.5]}',
    '{"type": "AeroCircle", "coordinates": [[1.5, 2.5], 5000]}',
    '{"type": "Polygon", "coordinates": [[[0, 0], [5, 0], [5, 5], [0, 5], [0, 0]]]}',
)
PATTERNS: Final = ("a", "^a", "b$", "a.*", "[a-c]+", "^$", "(a|b)c", "A", "x{3}", "\\.", ".", "é", "a+b?", "[^a]", "(")
PARTICLES: Final = {
    "integer": 2,
    "string": 3,
    "list": 4,
    "map": 5,
    "blob": 6,
    "real": 7,
    "boolean": 1,
    "place": 8,
    "sketch": 9,
}
"""Types of results by the names that they have here."""
DIVISORS: Final = (0, 1, 2, 3, -2, 7, 256, 2**62, -(2**63))
SMALL: Final = 2000
"""Digits of a sketch that is used: large ones make long requests and show nothing more."""
CASES_BINS: Final[dict[str, tuple[str, ...]]] = {
    "integer": ("i", "j"), "real": ("f", "g"), "string": ("s", "t"), "boolean": ("b",), "blob": ("x", "y"),
    "list": ("l", "ll"), "map": ("m", "mm"), "place": ("p", "r"), "sketch": ("h",),
}  # fmt: skip
"""Bins of every record, by the type that they mostly have."""
BIN_CLASSES: Final = {
    "integer": "IntBin", "real": "FloatBin", "string": "StrBin", "boolean": "BoolBin", "blob": "BlobBin",
    "list": "ListBin", "map": "MapBin", "place": "GeoBin", "sketch": "HLLBin",
}  # fmt: skip


def ex(name: str, *args: Tagged, **kwargs: Tagged) -> Tagged:
    """An expression, tagged."""
    return fn(f"expressions.{name}", *args, **kwargs)


class Drawer:
    """Draws expressions.

    Args:
        pool: where chance comes from.
        oddities: of a hundred parts, how many are of another type than they should be.
    """

    def __init__(self, pool: Pool, oddities: int = 2) -> None:
        self.pool = pool
        self.pick = pool.pick
        self.oddities = oddities
        self.variables: list[tuple[str, str]] = []
        """Names in scope with their types."""
        self.loop = False
        """Whether the expression is inside of a path."""

    def draw(self, kind: str, depth: int) -> Tagged:
        """An expression of a type."""
        if self.pool.chance(self.oddities):
            kind = self.pick(tuple(BIN_CLASSES))
        named = [name for name, found in self.variables if found == kind]
        if named and self.pool.chance(40):
            return ex("Var", self.pick(named))
        if depth <= 0 or self.pool.chance(15):
            return self.leaf(kind)
        if self.pool.chance(7):
            return self.choice(kind, depth - 1)
        if self.pool.chance(5):
            return self.let(kind, depth - 1)
        return self.pick(getattr(self, f"_{kind}"))(self, depth - 1)

    def leaf(self, kind: str) -> Tagged:
        """A literal or a bin."""
        if self.pool.chance(55) or kind == "sketch":
            return self.bin(kind)
        if kind == "boolean" and self.pool.chance(20):
            return ex("Unknown")
        return self.value(kind)

    def source(self, kind: str, depth: int) -> Tagged:
        """What a call is made on: never a bare literal, which helpers take for the name of a bin or refuse."""
        made = self.draw(kind, depth)
        if isinstance(made, dict) and "fn" in made:
            return made
        # The official client makes a blob of a sketch that stands alone.
        return ex("HLLBin", "h") if isinstance(made, dict) and "hll" in made else ex("Val", made)

    def bin(self, kind: str) -> Tagged:
        """A bin: mostly one that has the type."""
        names = CASES_BINS[kind] if self.pool.chance(94) else ("none", "i", "s", "l")
        return ex(BIN_CLASSES[kind], self.pick(names))

    def value(self, kind: str) -> Tagged:
        """A literal."""
        pick, chance = self.pick, self.pool.chance
        if kind == "integer":
            return pick(INTEGERS) if chance(40) else self.pool.random.randrange(-3, 12)
        if kind == "real":
            return {"float": pick(FLOATS)}
        if kind == "string":
            return pick(STRINGS)
        if kind == "boolean":
            return pick((True, False))
        if kind == "blob":
            return {"bytes": pick(BLOBS)}
        if kind == "list":
            return [
                self.pool.value(1) if chance(30) else self.pool.random.randrange(6) for _ in range(pick((0, 1, 2, 4)))
            ]
        if kind == "map":
            keys = self.pool.random.sample(("a", "b", "c", 1, 2), pick((0, 1, 1)))
            return {pick(("dict", "keyordereddict")): [[key, self.pool.random.randrange(5)] for key in keys]}
        if kind == "place":
            return {"geojson": pick(PLACES)}
        return {"hll": pick(self.sketches)} if self.sketches else ex("HLLBin", "h")

    sketches: tuple[str, ...] = ()

    def choice(self, kind: str, depth: int) -> Tagged:
        """A choice."""
        parts: list[Tagged] = []
        for _ in range(self.pick((1, 1, 2))):
            parts += [self.draw("boolean", depth), self.draw(kind, depth)]
        return ex("Cond", *parts, ex("Unknown") if self.pool.chance(20) else self.draw(kind, depth))

    def let(self, kind: str, depth: int) -> Tagged:
        """An expression with variables."""
        before = list(self.variables)
        parts = []
        for _ in range(self.pick((1, 1, 2))):
            name = self.pick(("v", "w", "x_1", "_y"))
            if name in dict(self.variables):
                continue
            found = self.pick(("integer", "integer", "real", "string", "boolean", "list", kind))
            parts.append(ex("Def", name, self.draw(found, depth)))
            self.variables.append((name, found))
        made = self.draw(kind, depth)
        self.variables = before
        return ex("Let", *parts, made) if parts else made

    def divisor(self) -> Tagged:
        """What is divided by: never -1, which ends a server 8.1.2 if it divides the least integer."""
        return ex("IntBin", self.pick(("i", "j", "none"))) if self.pool.chance(50) else self.pick(DIVISORS)

    def comparison(self, name: str, depth: int) -> Tagged:
        """A comparison of two of a type."""
        kind = self.pick(("integer", "integer", "real", "string", "list", "map", "blob", "boolean"))
        return ex(name, self.draw(kind, depth), self.draw(kind, depth))

    # Arguments of calls

    def index(self) -> Tagged:
        """An index, a rank or an offset."""
        return self.pick((0, 0, 1, 2, -1, -2, 5, -9)) if self.pool.chance(85) else self.draw("integer", 1)

    def count(self) -> Tagged:
        """How many."""
        return self.pick((0, 1, 2, 3, 9)) if self.pool.chance(90) else self.draw("integer", 1)

    def way(self) -> Tagged:
        """A context."""
        if self.pool.chance(85):
            return None
        return self.pool.context()

    def sought(self) -> Tagged:
        """A value of an element."""
        if self.pool.chance(60):
            return self.pool.random.randrange(6)
        if self.pool.chance(40):
            return self.draw(self.pick(("integer", "string", "list", "real")), 1)
        return self.pool.value(1)

    def edge(self) -> Tagged:
        """An end of a range."""
        return self.pick((None, self.sought(), self.sought()))

    def key(self) -> Tagged:
        """A key of a map."""
        return self.pick(("a", "b", "c", "z", 1, 2)) if self.pool.chance(85) else self.draw("string", 1)

    def flipped(self) -> dict[str, Tagged]:
        """Whether the selection is turned round."""
        return {"inverted": True} if self.pool.chance(20) else {}

    def picked(self, kind: str, *, many: bool, of_map: bool) -> tuple[int, int] | None:
        """A return type, and the value type that goes with it, for a call that is to give a type."""
        if kind == "integer":
            found = (
                [(5, 2)] if many else [(1, 2), (2, 2), (3, 2), (4, 2), (5, 2), (7, 2), *([(6, 2)] if of_map else ())]
            )
        elif kind == "list":
            found = (
                [(1, 4), (2, 4), (3, 4), (4, 4), (7, 4), *([(6, 4), (6, 4)] if of_map else ())] if many else [(7, 4)]
            )
        elif kind == "map":
            found = [(8, 5), (16, 5), (17, 5)] if of_map else [(7, 5)]
            found = found if many or not of_map else [(7, 5)]
        elif kind == "boolean":
            found = [(13, 1)] if many or self.pool.chance(60) else [(7, 1)]
        else:
            if many:
                return None
            found = [(7, PARTICLES[kind]), *([(6, PARTICLES[kind])] if of_map else ())]
        return self.pick(found)  # type: ignore[no-any-return]

    def element(self, kind: str, depth: int) -> Tagged:
        """A part of a list or map."""
        of_map = self.pool.chance(50)
        source = self.source("map" if of_map else "list", depth)
        ctx = self.way()
        many = kind not in {"real", "string", "blob", "place", "sketch"} and self.pool.chance(60)
        asked = self.picked(kind, many=many, of_map=of_map)
        if asked is None:
            return self.leaf(kind)
        give, value = asked
        index, count = self.index(), self.count()
        if of_map:
            if not many:
                name = self.pick(("ByKey", "ByKey", "ByIndex", "ByRank"))
                return ex(f"MapGet{name}", ctx, give, value, self.key() if name == "ByKey" else index, source)
            name, args = self.pick(
                (
                    ("ByKeyRange", [self.pick((None, self.key())), self.pick((None, self.key()))]),
                    ("ByKeyList", [[self.pick(("a", "b", "z", 1)) for _ in range(self.pick((1, 2, 3)))]]),
                    ("ByKeyRelIndexRangeToEnd", [self.key(), index]),
                    ("ByKeyRelIndexRange", [self.key(), index, count]),
                    *self.selections(index, count),
                )
            )
            return ex(f"MapGet{name}", ctx, give, *args, source, **self.flipped())
        if not many:
            return ex(f"ListGet{self.pick(('ByIndex', 'ByRank'))}", ctx, give, value, index, source)
        name, args = self.pick(self.selections(index, count))
        return ex(f"ListGet{name}", ctx, give, *args, source, **self.flipped())

    def selections(self, index: Any, count: Any) -> tuple[tuple[str, list[Any]], ...]:
        """What selects several elements of a list as well as of a map, with arguments."""
        return (
            ("ByValue", [self.sought()]),
            ("ByValueRange", [self.edge(), self.edge()]),
            ("ByValueList", [[self.pool.random.randrange(6) for _ in range(self.pick((1, 2, 3)))]]),
            ("ByValueRelRankRangeToEnd", [self.sought(), index]),
            ("ByValueRelRankRange", [self.sought(), index, count]),
            ("ByIndexRangeToEnd", [index]),
            ("ByIndexRange", [index, count]),
            ("ByRankRangeToEnd", [index]),
            ("ByRankRange", [index, count]),
        )

    def list_change(self, depth: int) -> Tagged:
        """A list that a call changed."""
        ctx, source = self.way(), self.source("list", depth)
        policy = None
        if self.pool.chance(40):
            flags = self.pick((0, 1, 2, 4, 8, 5, 12, 13))
            policy = {"dict": [["list_order", self.pick((0, 1))], ["write_flags", flags]]}
        index, count = self.index(), self.count()
        some = [self.pool.random.randrange(6) for _ in range(self.pick((1, 2, 3)))]
        name, args = self.pick(
            (
                ("ListAppend", [policy, self.sought()]), ("ListAppendItems", [policy, some]),
                ("ListInsert", [policy, index, self.sought()]), ("ListInsertItems", [policy, index, some]),
                ("ListIncrement", [policy, index, self.pick((1, -5, {"float": "0.5"}))]),
                ("ListSet", [policy, index, self.sought()]), ("ListClear", []), ("ListSort", [self.pick((0, 1, 2, 3))]),
                ("ListRemoveByValue", [self.sought()]), ("ListRemoveByValueList", [some]),
                ("ListRemoveByValueRange", [self.edge(), self.edge()]),
                ("ListRemoveByValueRelRankToEnd", [self.sought(), index]),
                ("ListRemoveByValueRelRankRange", [self.sought(), index, count]),
                ("ListRemoveByIndex", [index]), ("ListRemoveByIndexRangeToEnd", [index]),
                ("ListRemoveByIndexRange", [index, count]), ("ListRemoveByRank", [index]),
                ("ListRemoveByRankRangeToEnd", [index]), ("ListRemoveByRankRange", [index, count]),
            )
        )  # fmt: skip
        turned = self.flipped() if "Remove" in name and name not in {"ListRemoveByIndex", "ListRemoveByRank"} else {}
        return ex(name, ctx, *args, source, **turned)

    def map_change(self, depth: int) -> Tagged:
        """A map that a call changed."""
        ctx, source = self.way(), self.source("map", depth)
        policy = None
        if self.pool.chance(40):
            flags = self.pick((0, 1, 2, 4, 8, 5, 12, 13))
            policy = {"dict": [["map_order", self.pick((0, 1, 3))], ["map_write_flags", flags]]}
        index, count, key = self.index(), self.count(), self.key()
        some = [self.pool.random.randrange(6) for _ in range(self.pick((1, 2, 3)))]
        name, args = self.pick(
            (
                ("MapPut", [policy, key, self.sought()]), ("MapPut", [policy, key, self.sought()]),
                ("MapPutItems", [policy, {"dict": [[self.pick(("a", "q", 1)), self.pool.value(1)]]}]),
                ("MapIncrement", [None, key, self.pick((1, -5, {"float": "0.5"}))]), ("MapClear", []),
                ("MapRemoveByKey", [key]), ("MapRemoveByKeyList", [["a", self.pick(("b", 1, "z"))]]),
                ("MapRemoveByKeyRange", [self.pick((None, key)), self.pick((None, self.key()))]),
                ("MapRemoveByKeyRelIndexRangeToEnd", [key, index]), ("MapRemoveByKeyRelIndexRange", [key, index, count]),
                ("MapRemoveByValue", [self.sought()]), ("MapRemoveByValueList", [some]),
                ("MapRemoveByValueRange", [self.edge(), self.edge()]),
                ("MapRemoveByValueRelRankRangeToEnd", [self.sought(), index]),
                ("MapRemoveByValueRelRankRange", [self.sought(), index, count]), ("MapRemoveByIndex", [index]),
                ("MapRemoveByIndexRangeToEnd", [index]), ("MapRemoveByIndexRange", [index, count]),
                ("MapRemoveByRank", [index]), ("MapRemoveByRankRangeToEnd", [index]),
                ("MapRemoveByRankRange", [index, count]),
            )
        )  # fmt: skip
        single = {"MapRemoveByKey", "MapRemoveByIndex", "MapRemoveByRank"}
        turned = self.flipped() if "Remove" in name and name not in single else {}
        return ex(name, ctx, *args, source, **turned)

    def blob_change(self, depth: int) -> Tagged:
        """A blob that a call changed."""
        source = self.source("blob", depth)
        policy = self.pick((None, None, {"dict": [["bit_write_flags", self.pick((0, 1, 2, 4, 8, 12))]]}))
        offset, size = self.pick((0, 1, 4, 8, -8, 30)), self.pick((1, 4, 8, 9, 16, 0, 64))
        data, sizes = {"bytes": self.pick(BLOBS[1:])}, self.pick((0, 1, 2, 5))
        name, args = self.pick(
            (
                ("BitResize", [policy, self.pick((0, 1, 3, 12)), self.pick((0, 1, 2, 4))]),
                ("BitInsert", [policy, self.pick((0, 1, -1, 9)), data]),
                ("BitRemove", [policy, self.pick((0, 1, -1, 9)), sizes]),
                (f"Bit{self.pick(('Set', 'Or', 'Xor', 'And'))}", [policy, offset, size, data]),
                ("BitNot", [policy, offset, size]),
                (f"Bit{self.pick(('Left', 'Right'))}Shift", [policy, offset, size, self.pick((0, 1, 3, 8, 20))]),
                (
                    f"Bit{self.pick(('Add', 'Subtract'))}",
                    [policy, offset, size, self.pick((0, 1, 200)), self.pick((0, 2, 4))],
                ),
                ("BitSetInt", [policy, offset, size, self.pick((0, 1, 255))]),
            )
        )
        return ex(name, *args, source)

    def bits(self, name: str, depth: int) -> Tagged:
        """A call that reads bits."""
        offset, size = self.pick((0, 1, 4, 8, -8, 30)), self.pick((1, 4, 8, 9, 16, 0, 64))
        extra = [self.pick((True, False))] if name in {"BitLeftScan", "BitRightScan", "BitGetInt"} else []
        return ex(name, offset, size, *extra, self.source("blob", depth))

    def sketch_call(self, name: str, depth: int) -> Tagged:
        """A call on a sketch."""
        source = self.source("sketch", depth)
        policy = self.pick((None, None, {"dict": [["flags", self.pick((0, 1, 2, 4, 8))]]}))
        others = [self.value("sketch") for _ in range(self.pick((1, 1, 2)))]
        if name == "HLLInit":
            return ex(name, policy, self.pick((4, 8, 12)), self.pick((None, 4, 20)), source)
        if name == "HLLAdd":
            return ex(
                name, policy, [self.pool.random.randrange(30) for _ in range(3)], self.pick((None, 8)), None, source
            )
        if name == "HLLMayContain":
            return ex(name, [self.pick(("v1", "v2", "nope", 5))], source)
        if name in {"HLLGetCount", "HLLDescribe"}:
            return ex(name, source)
        return ex(name, others, source)

    def steps(self) -> Tagged:
        """A path to elements."""
        return [
            self.pick(
                (
                    fn("cdt_ctx.cdt_ctx_all_children"),
                    fn("cdt_ctx.cdt_ctx_all_children"),
                    fn("cdt_ctx.cdt_ctx_all_children_with_filter", self._looped("boolean")),
                    fn("cdt_ctx.cdt_ctx_map_key", self.pick(("a", "b", "m"))),
                    fn("cdt_ctx.cdt_ctx_list_index", self.pick((0, 1, -1))),
                    fn("cdt_ctx.cdt_ctx_map_keys_in", ["a", self.pick(("b", "z"))]),
                )
            )
            for _ in range(self.pick((1, 1, 2)))
        ]

    def _looped(self, kind: str) -> Tagged:
        var = ex("LoopVarInt", self.pick((1, 1, 2))) if self.pool.chance(80) else ex("LoopVarStr", 0)
        if kind == "boolean":
            return {**ex(self.pick(("GT", "LE", "Eq")), var, self.pick((0, 1, 2, 3))), "compiled": True}
        return ex("Add", ex("LoopVarInt", 1), self.pick((1, 10)))

    def path(self, kind: str, depth: int) -> Tagged:
        """A call by path."""
        source = self.source(self.pick(("list", "map")), depth)
        if self.pool.chance(50):
            return ex("SelectByPath", self.steps(), PARTICLES[kind], self.pick((0, 1, 2, 3, 16, 17)), source)
        change = {**self.pick((ex("RemoveResult"), self._looped("integer"), ex("Val", 7))), "compiled": True}
        return ex("ModifyByPath", self.steps(), PARTICLES[kind], change, self.pick((0, 0, 16)), source)

    # What there is of each type: functions of the drawer and the depth that is left

    _integer: tuple[Any, ...] = (
        *(
            lambda d, n, name=name: ex(name, *(d.draw("integer", n) for _ in range(d.pick((1, 2, 2, 3)))))
            for name in ("Add", "Sub", "Mul", "Min", "Max", "IntAnd", "IntOr", "IntXOr")
        ),
        lambda d, n: ex("Div", d.draw("integer", n), *(d.divisor() for _ in range(d.pick((0, 1, 1, 2))))),
        lambda d, n: ex("Mod", d.draw("integer", n), d.divisor()),
        lambda d, n: ex("Abs", d.draw("integer", n)),
        lambda d, n: ex("ToInt", d.draw("real", n)),
        lambda d, n: ex("IntNot", d.draw("integer", n)),
        lambda d, n: ex(
            d.pick(("IntLeftShift", "IntRightShift", "IntArithmeticRightShift")),
            d.draw("integer", n),
            d.draw("integer", n),
        ),
        lambda d, n: ex("IntCount", d.draw("integer", n)),
        lambda d, n: ex(d.pick(("IntLeftScan", "IntRightScan")), d.draw("integer", n), d.draw("boolean", n)),
        lambda d, _: ex(d.pick(("TTL", "VoidTime", "RecordSize", "MemorySize", "DeviceSize"))),
        lambda d, _: ex("BinType", d.pick(("i", "f", "s", "b", "x", "l", "m", "h", "p", "none"))),
        lambda d, _: ex("DigestMod", d.pick((1, 2, 3, 16, 1000, -5))),
        lambda d, _: ex("KeyInt"),
        lambda d, n: ex("ListSize", d.way(), d.source("list", n)),
        lambda d, n: ex("MapSize", d.way(), d.source("map", n)),
        *(lambda d, n: d.element("integer", n),) * 4,
        lambda d, n: d.bits(d.pick(("BitCount", "BitLeftScan", "BitRightScan", "BitGetInt")), n),
        lambda d, n: d.sketch_call(d.pick(("HLLGetCount", "HLLGetUnionCount", "HLLGetIntersectCount")), n),
    )
    _real: tuple[Any, ...] = (
        *(
            lambda d, n, name=name: ex(name, *(d.draw("real", n) for _ in range(d.pick((1, 2, 2, 3)))))
            for name in ("Add", "Sub", "Mul", "Div", "Min", "Max")
        ),
        lambda d, n: ex("Pow", d.draw("real", n), d.draw("real", n)),
        lambda d, n: ex("Log", d.draw("real", n), d.draw("real", n)),
        lambda d, n: ex(d.pick(("Abs", "Floor", "Ceil")), d.draw("real", n)),
        lambda d, n: ex("ToFloat", d.draw("integer", n)),
        lambda d, n: d.element("real", n),
        lambda d, n: d.sketch_call("HLLGetSimilarity", n),
    )
    _string: tuple[Any, ...] = (
        lambda _, __: ex("SetName"),
        lambda _, __: ex("KeyStr"),
        lambda d, n: d.element("string", n),
    )
    _boolean: tuple[Any, ...] = (
        *(lambda d, n, name=name: d.comparison(name, n) for name in ("Eq", "NE", "GT", "GE", "LT", "LE")),
        *(
            lambda d, n, name=name: ex(name, *(d.draw("boolean", n) for _ in range(d.pick((2, 2, 3)))))
            for name in ("And", "Or", "Exclusive")
        ),
        lambda d, n: ex("Not", d.draw("boolean", n)),
        lambda d, n: ex("CmpRegex", d.pick((0, 1, 2, 4, 8, 3, 5)), d.pick(PATTERNS), d.draw("string", n)),
        lambda d, n: ex("CmpGeo", d.draw("place", n), d.draw("place", n)),
        lambda d, n: ex(
            "InList", d.draw(d.pick(("integer", "string", "real", "list", "boolean")), n), d.draw("list", n)
        ),
        lambda d, _: ex("BinExists", d.pick(("i", "none", "l"))),
        lambda d, _: ex(d.pick(("KeyExists", "IsTombstone"))),
        lambda d, n: d.element("boolean", n),
        lambda d, n: d.sketch_call("HLLMayContain", n),
    )
    _blob: tuple[Any, ...] = (
        lambda _, __: ex("KeyBlob"),
        *(lambda d, n: d.blob_change(n),) * 3,
        lambda d, n: d.bits("BitGet", n),
        lambda d, n: d.element("blob", n),
    )
    _list: tuple[Any, ...] = (
        *(lambda d, n: d.list_change(n),) * 4,
        *(lambda d, n: d.element("list", n),) * 3,
        lambda d, n: ex(d.pick(("MapGetKeys", "MapGetValues")), d.source("map", n)),
        lambda d, n: d.sketch_call("HLLDescribe", n),
        lambda d, n: d.path("list", n),
    )
    _map: tuple[Any, ...] = (
        *(lambda d, n: d.map_change(n),) * 4,
        *(lambda d, n: d.element("map", n),) * 2,
        lambda d, n: d.path("map", n),
    )
    _place: tuple[Any, ...] = (lambda d, n: d.element("place", n),)
    _sketch: tuple[Any, ...] = (lambda d, n: d.sketch_call(d.pick(("HLLInit", "HLLAdd", "HLLGetUnion")), n),)


def bins(pool: Pool, drawer: Drawer) -> Tagged:
    """Bins of all types, now and then one of another or none."""
    found = []
    for kind, names in CASES_BINS.items():
        for name in names:
            if name in {"j", "g", "t", "y", "r"} and pool.chance(50):
                continue
            drawn = drawer.value(kind if pool.chance(96) else "string")
            if name == "l":
                drawn = [pool.random.randrange(6) for _ in range(pool.pick((0, 1, 3, 5)))]
            elif name == "ll":
                drawn = [pool.value(2) for _ in range(pool.pick((1, 3)))]
            elif kind == "map":
                drawn = pool.map(2)
            if (isinstance(drawn, dict) and "fn" in drawn) or drawn == -1:
                continue
            found.append([name, drawn])
    return {"dict": found}


def expression(pool: Pool, number: int) -> Call:
    """A record, one call with a filter or with expressions as operations, and a look at what is left."""
    drawer = Drawer(pool, oddities=pool.pick((0, 0, 2, 6)))
    drawer.sketches = tuple(sketch for sketch in cases.SKETCHES if len(sketch) < SMALL)
    user_key: Tagged = pool.pick((f"e{number}", number, {"bytearray": f"{number:08x}"}))
    key = {"tuple": [NAMESPACE, pool.pick(("exps", "")), user_key]}
    sent = {"policy": {"dict": [["key", 1]]}} if pool.chance(60) else {}
    setup = [
        {"method": "remove", "args": [key]},
        {"method": "put", "args": [key, bins(pool, drawer)], "kwargs": sent},
    ]
    pool.arguing = True
    depth = pool.pick((1, 2, 2, 3, 4))
    role = pool.random.randrange(10)
    if role < 4:
        call = _filtered(pool, key, _compiled(drawer.draw("boolean", depth)))
    else:
        ops = []
        for _ in range(pool.pick((1, 1, 2, 3))):
            kind = pool.pick(tuple(BIN_CLASSES))
            made = _compiled(drawer.draw(kind, depth))
            if pool.chance(75):
                flags = {"expression_read_flags": 16} if pool.chance(40) else {}
                ops.append(
                    fn("operations.expression_operations.expression_read", pool.pick(("r", "i", "q")), made, **flags)
                )
            else:
                flags = (
                    {"expression_write_flags": pool.pick((0, 1, 2, 4, 8, 16, 24, 20, 17, 12))}
                    if pool.chance(60)
                    else {}
                )
                target = pool.pick(("w", "i", "s", "l", "m"))
                ops.append(fn("operations.expression_operations.expression_write", target, made, **flags))
            if pool.chance(15):
                ops.append(fn("operations.operations.read", "i"))
        ops = ops or [fn("operations.operations.read", "i")]
        call = {"method": pool.pick(("operate", "operate_ordered")), "args": [key, ops]}
    return {"call": call, "setup": setup, "after": [{"method": "get", "args": [key]}]}


def _compiled(made: Tagged) -> Tagged:
    """An expression ready for a policy; what is a bare value becomes one."""
    if not (isinstance(made, dict) and "fn" in made):
        made = ex("HLLBin", "h") if isinstance(made, dict) and "hll" in made else ex("Val", made)
    return {**made, "compiled": True}


def _filtered(pool: Pool, key: Tagged, made: Tagged) -> Call:
    policy = {"policy": {"dict": [["expressions", made]]}}
    method, args = pool.pick(
        (
            ("get", [key]), ("get", [key]), ("exists", [key]), ("select", [key, ["i", "s"]]), ("put", [key, {"dict": [["z", 1]]}]),
            ("touch", [key]), ("remove", [key]), ("increment", [key, "i", 1]), ("remove_bin", [key, ["i"]]),
            ("operate", [key, [fn("operations.operations.write", "z", 1), fn("operations.operations.read", "i")]]),
        )
    )  # fmt: skip
    return {"method": method, "args": args, "kwargs": policy}
