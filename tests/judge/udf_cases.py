"""Random Lua functions, for comparing two clients or two servers.

A function makes some steps, each guarded by ``pcall``: calls of the library, operators, reads and
writes of the record. It returns what came of each as text, or at the end some value as it is.
Arguments are taken from small pools such that hits, misses and errors all come up often. Steps
that a server does not survive, or that differ for a reason, are left out: see :data:`AVOIDED`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import attrs
from judge.cases import Pool

if TYPE_CHECKING:
    from collections.abc import Callable

    from judge.cases import Tagged

AVOIDED: Final = (
    (r"o\[nil\]|o\[-|o\[\{\}\]", "a list that is written in front of its start, or at no place, ends a server 8.1.2"),
    (r"local o = .*\bo\[[^=]*\] = .*\b(rec|L\d|M\d)\b", "a value inside itself, or a record inside one, ends it"),
    (r"(list|map|list\.\w+|map\.\w+)[({][^)]*\brec\b", "a record inside of a list or map ends it"),
    (r"aerospike\W(\w+)\(((?!rec\)|rec, 1\)).*)\) end\)$", "an object of another kind in the place of the record ends it"),
    (r"bytes\.(?!new)\w+\((?!mkb|B\d|bytes\()", "bytes functions of another object read memory that is not theirs"),
    (r"\bbytes(\.new)?[(,] ?(-|\d{3}|\d+e|2\^|math\.)", "a server fills gigabytes with zeros, for negative sizes, too"),
    (r"table\.\w+[(,].*\b(mkb|bytes|B\d)\b", "Lua's own table functions are C there and Lua here: other names in texts"),
    (r"bytes\.(append|set)_bytes\b(?!.*B3, -?\d\))", "what is read behind the end of bytes may end it"),
    (r"list\.(insert|new|create)\b.*\b(\d{5,}|\d+e\d+|2\^|maxinteger)", "a gap of gigabytes ends it"),
    (r"list\.(append|prepend|insert|concat)[(,] ?[^,]*, .*\b[LM]\d\b", "a list inside itself, or added to itself, ends it"),
    (r"bytes\.get_(bytes|string|var_int)\((?!B3, -?\d(, -?\d)?\))", "what is behind the end of bytes is whatever lies there in memory"),
    (r"local o = (mkb\('.?'(, '')?\)|bytes\(0?\)) o\[[23]", "a gap in front of what is set holds whatever lies there in memory"),
    (r"(table\.\w+|rawset)[(,] ?(string|math|list|map|bytes|record|aerospike)\b", "would change the library for later calls"),
    (r"map\.(merge|diff)\(.*\b(B\d|mkb|bytes)", "as.lua takes equal bytes for two keys; which stays is up to chance"),
    (r"\bin (list|map)\.\w+\((list|map|mkb|bytes)", "an iterator does not keep alive what it goes through"),
    (r"\bnext[(,] ?(list|map|bytes|record|math)\b", "the order of a table's fields is up to chance"),
    (r"os\.time[(,] ?(\)|nil)", "the clock goes on between two calls"),
    (r"error\(.*, [5-9]\)", "levels above the function are a server's own Lua"),
    (r"getmetatable|setmetatable", "metatables are closed here"),
    (r"^T\((geojson|bytes|list|map)[,)]", "a callable table, called by pcall itself, has no name there"),
)  # fmt: skip
"""Patterns of steps that are not drawn, with the reason."""
ALIKE: Final = (
    (re.compile(r"[^\s:'\"+]*/(\w+\.lua)"), r"\1", "each server keeps modules in a directory of its own"),
    (re.compile(r"\.\.\.[^\s:'\"]*?(\w+\.lua)"), r"\1", "a long path is shown by its end"),
    (re.compile(r"0x[0-9a-f]{5,}"), "ADDRESS", "addresses in memory"),
    (re.compile(r"-nan"), "nan", "the sign of what is no number is up to the processor"),
    (re.compile(r"with a '(table|userdata)'|a 'table' with|a 'userdata' with"), "with an object", "objects are tables here"),
    (
        re.compile(r"(attempt to (?:get length of|index) a \w+ value) \(\w+ '\w+'\)"),
        r"\1",
        "objects here refuse by functions of their own, which do not know the name of the variable",
    ),
    (re.compile(r"invalid value \((table|userdata)\)"), "invalid value", "objects are tables here"),
    (re.compile(r"got no value"), "got nil", "functions of the library have named parameters here"),
)  # fmt: skip
"""What is the same in the answers of two servers, with its replacement and the reason."""

INTEGERS: Final = (
    *("0", "1", "-1", "2", "3", "5", "7", "10", "255", "256", "-128", "32767", "32768", "65535"),
    *("2147483647", "2147483648", "-2147483648", "-2147483649", "4294967295", "4294967296"),
    *("9007199254740993", "math.maxinteger", "math.mininteger"),
)
SMALL: Final = ("0", "1", "2", "3", "4", "5", "-1", "-2", "6", "8")
FLOATS: Final = (
    *("0.5", "-0.0", "1.5", "3.0", "2.0", "1e15", "1e16", "1e100", "-2.25", "1/0", "-1/0", "0/0", "0.1"),
    *("123456789.125", "2^53", "2^63", "1e308*10"),
)
TEXTS: Final = (
    *("''", "'a'", "'abc'", "'12'", "'0x10'", "' 5 '", "'1e2'", "'a\\0b'", "'h\\195\\169llo'", "'\\255\\254'"),
    *("('x'):rep(20)", "'k1'", "'k2'", "'%d'", "'a b c'", "'A-B-C'", "'3.0'"),
)
KEYS: Final = ("'k1'", "'k2'", "'a'", "1", "2", "-5", "'b'", "B1", "0", "1.0", "10", "9", "true", "1.5", "'zz'", "''")
GEOJSON: Final = ("GEO", 'geojson(\'{"type":"Point","coordinates":[1,2]}\')', "geojson('x')")
OTHERS: Final = (
    *("rec", "aerospike", "list", "map", "bytes", "record", "print", "T", "{}", "{1,2}", "{a=1}"),
    *("function() return 1 end", "math"),
)
FUNCTIONS: Final = (
    *("function(a,b) return a end", "function(a,b) return b end", "function(a,b) return nil end", "math.sum"),
    *("function(a, b) return tostring(a)..tostring(b) end", "function(a,b) error('x') end", "nil", "1"),
)
BINARY: Final = (
    *("+", "-", "*", "/", "//", "%", "^", "..", "==", "~=", "<", "<=", ">", ">="),
    *("&", "|", "~", "<<", ">>"),
)
UNARY: Final = ("#", "-", "not ", "~", "tostring", "type", "tonumber")
BINS: Final = (
    *("'a'", "'b'", "'l'", "'m'", "'new'", "'blob'", "'x'", "'s'", "'g'", "'f'", "1", "''"),
    *("'abcdefghijklmno'", "'abcdefghijklmnop'"),
)
_WIDTHS: Final = ("byte", "int16", "int32", "int64", "int16_le", "int32_be", "int64_le", "var_int")
LIBRARY: Final = {
    "list": """new small small, create small, size list, append list element, prepend list element,
        insert list small element, remove list small, trim list small, take list small, drop list small,
        concat list list, clone list, merge list list, tostring list, nbytes list, iterator list""",
    "map": """new small, create small, size map, remove map key, clone map, merge map map, merge map map function,
        diff map map, tostring map, nbytes map, keys map""",
    "bytes": f"""size bytes, set_size bytes small, get_type bytes, set_type bytes small, tostring bytes, new small,
        {", ".join(f"append_{width} bytes number" for width in _WIDTHS)},
        {", ".join(f"set_{width} bytes small number" for width in _WIDTHS)},
        {", ".join(f"get_{width} {'digits' if width == 'var_int' else 'bytes'} small" for width in _WIDTHS)},
        append_string bytes text, set_string bytes small text, append_bytes bytes digits small,
        set_bytes bytes small digits small, get_string digits small small, get_bytes digits small small""",
    "string": """len text, sub text small small, upper text, lower text, reverse text, byte text small small,
        char small small, format text any, find text text, find text text small, match text text, len any,
        gsub text text text, pack text number, packsize text, unpack text text, gmatch text text, rep filled small""",
    "math": """abs number, ceil number, floor number, fmod number number, max number number, min number number,
        modf number, sqrt number, tointeger any, type any, ult number number, sum number number,
        product number number, pow number number, exp small, log number, deg number""",
    "table": """concat any text, insert any any, remove any, unpack any, pack any any, sort any""",
    "utf8": "char small, len text, codepoint text small",
    "os": "time any, date text small, difftime small small",
    "": """select small any any, select any any, next any, rawget any key, rawset any key any, rawlen any,
        rawequal any any, pairs any, ipairs any, unpack any, error any, error any small, assert any, assert any any,
        pcall any, xpcall any any, geojson text, list any, map any, bytes small, list list, list element, map map,
        map element, collectgarbage text, tonumber any, tonumber text small, tostring any, type any""",
}
"""Functions of each table with the kinds of their arguments."""


def _calls() -> list[list[tuple[str, tuple[str, ...]]]]:
    rows = []
    for table, functions in LIBRARY.items():
        prefix = f"{table}." if table else ""
        words = (function.split() for function in functions.split(","))
        rows.append([(prefix + name, tuple(kinds)) for name, *kinds in words])
    return rows


CALLS: Final = _calls()

PROLOGUE: Final = """
local function show(v)
  local t = type(v)
  if t == 'table' then
    local n = 0
    for k in pairs(v) do n = n + 1 end
    return 'table#' .. n
  end
  if t == 'function' or t == 'thread' then return t end
  if t == 'userdata' then
    local ok, s = pcall(tostring, v)
    return t .. ':' .. tostring(s)
  end
  if t == 'number' then return (math.type(v) or '?') .. ':' .. tostring(v) end
  if t == 'string' then return 's:' .. v:gsub('[^%g ]', function(c) return '<' .. c:byte() .. '>' end) end
  return t .. ':' .. tostring(v)
end
local function mkb(...)
  local b = bytes(0)
  for _, s in ipairs({...}) do bytes.append_string(b, s) end
  return b
end
"""
_HEAD: Final = """function {name}(rec, A, B, C)
local out = list()
local B1, B2, B3 = mkb('xyz'), bytes(4), mkb('0123456789abcdef')
local L1, L2, L3 = list{{1, 'a', 2.5}}, list(), list{{list{{1}}, map{{a=1}}, 'z', 4, 5}}
local M1, M2, M3 = map{{k1=1, [2]='x'}}, map(), map{{k1=5, k2=list{{1}}, a='q', [3]=4}}
local GEO = geojson('{{"type":"Point","coordinates":[3,4]}}')
local function T(f, ...)
  local r = table.pack(pcall(f, ...))
  local s = r[1] and '+' or '-'
  for i = 2, r.n do s = s .. ' ' .. show(r[i]) end
  list.append(out, s)
  return table.unpack(r, 2, r.n)
end
"""


@attrs.frozen
class Function:
    """A function of a module, and a call of it."""

    name: str
    text: str
    steps: list[str]
    returns: str
    args: list[Tagged]
    bins: Tagged
    """Of the record before the call; None if there is to be none."""


class Drawer(Pool):
    """Draws pieces of Lua."""

    def number(self) -> str:
        """A number, often a small one."""
        if self.chance(50):
            return self.small()
        return str(self.pick(INTEGERS if self.chance(60) else FLOATS))

    def small(self) -> str:
        """An integer near 0."""
        return str(self.pick(SMALL))

    def text(self) -> str:
        """A text."""
        return str(self.pick(TEXTS))

    def filled(self) -> str:
        """A text that is not empty: a server repeats the empty one as often as it is told to."""
        return str(self.pick(TEXTS[1:]))

    def plain(self) -> str:
        """A number, text, boolean or nil."""
        kind = self.random.randrange(20)
        if kind < 8:
            return self.number()
        return self.text() if kind < 15 else str(self.pick(("true", "false", "nil")))

    def key_of(self) -> str:
        """What maps are asked for."""
        kind = self.random.randrange(10)
        if kind < 5:
            return str(self.pick(("'k1'", "'k2'", "'a'", "'b'", "''")))
        if kind < 8:
            return self.small()
        return self.bytes() if kind < 9 else self.plain()

    def bytes(self) -> str:
        """Bytes."""
        kind = self.random.randrange(10)
        if kind < 4:
            return str(self.pick(("B1", "B2", "B3")))
        if kind < 6:
            return f"mkb({self.text()})"
        return f"bytes({self.pick(('', '4', '0', '10'))})" if kind < 7 else f"mkb({self.text()}, {self.text()})"

    def list_of(self, depth: int = 0) -> str:
        """A list."""
        if self.chance(40):
            return str(self.pick(("L1", "L2", "L3")))
        return f"list{{{', '.join(self.element(depth + 1) for _ in range(self.random.randrange(5)))}}}"

    def map_of(self, depth: int = 0) -> str:
        """A map."""
        if self.chance(40):
            return str(self.pick(("M1", "M2", "M3")))
        pairs = (f"[{self.pick(KEYS)}] = {self.element(depth + 1)}" for _ in range(self.random.randrange(4)))
        return f"map{{{', '.join(pairs)}}}"

    def element(self, depth: int = 0) -> str:
        """What a list can hold."""
        kind = self.random.randrange(20)
        if depth < 3 and kind < 6:
            return self.list_of(depth) if kind < 3 else self.map_of(depth)
        if kind < 8:
            return self.bytes()
        return str(self.pick(GEOJSON)) if kind < 9 else self.plain()

    def any(self) -> str:
        """Anything."""
        kind = self.random.randrange(20)
        if kind < 10:
            return self.element()
        if kind < 14:
            return self.list_of() if kind < 12 else self.map_of()
        return str(self.pick(OTHERS)) if kind < 15 else self.plain()

    def _argument(self, kind: str) -> str:
        drawn: dict[str, Callable[[], str]] = {
            "list": self.list_of, "map": self.map_of, "key": self.key_of, "bytes": self.bytes, "any": self.any,
            "element": self.element, "number": self.number, "small": self.small, "text": self.text,
            "filled": self.filled, "digits": lambda: "B3", "function": lambda: str(self.pick(FUNCTIONS)),
        }  # fmt: skip
        return drawn[kind]()

    def _arguments(self, name: str, kinds: tuple[str, ...]) -> str:
        drawn = [self._argument(kind) for kind in kinds]
        if name == "string.rep":  # would repeat anything as often as the largest number says
            return ", ".join(drawn)
        drawn = [self.any() if self.chance(12) else argument for argument in drawn]
        if self.chance(10):
            drawn = drawn[:-1] if self.chance(50) else [*drawn, self.any()]
        return ", ".join(drawn)

    def call(self, name: str, kinds: tuple[str, ...]) -> str:
        """A step that calls a function of the library."""
        if self.chance(4):
            return f"T({name}, {self._arguments(name, kinds) or 'nil'})"
        called = f"{name}({'' if self.chance(3) else self._arguments(name, kinds)})"
        return _told(called) if self.chance(60) else f"T(function() local x, y, z = {called} return x, y, z end)"

    def _loop(self) -> str:
        pattern = self.pick(("'.'", "'%a+'", "'(%w)(%w)'"))
        over = (
            f"list.iterator(L{self.pick('123')})", f"map.pairs(M{self.pick('123')})", f"map.keys(M{self.pick('123')})",
            f"map.values(M{self.pick('123')})", f"map.iterator(M{self.pick('123')})", f"list.iterator({self.plain()})",
            f"map.pairs({self.plain()})", f"ipairs({self.any()})", f"ipairs({self.list_of()})",
            "ipairs(record.bin_names(rec))", f"string.gmatch({self.text()}, {pattern})",
        )  # fmt: skip
        body = "s = s .. tostring(a) .. '=' .. tostring(b) .. ';' if #s > 400 then break end"
        return f"T(function() local s = '' for a, b in {self.pick(over)} do {body} end return s end)"

    def _with_values(self) -> str:
        kind = self.random.randrange(100)
        if kind < 62:
            return self.call(*self.pick(self.pick(CALLS)))
        if kind < 74:
            one, other = (self.plain() if self.chance(60) else self.any() for _ in range(2))
            return _told(f"({one}) {self.pick(BINARY)} ({other})")
        if kind < 80:
            return _told(f"{self.pick(UNARY)}({self.any()})")
        if kind < 87:
            place = self.pick(("1", "2", "'a'", "3", "1.5"))
            target, key = self.pick(
                ((self.list_of(), place), (self.map_of(), self.key_of()), (self.bytes(), place), ("rec", self.key_of()))
            )
            return f"T(function() local o = {target} o[{key}] = {self.any()} return o end)"
        if kind < 93:
            target = self.pick((self.list_of(), self.map_of(), self.bytes(), "rec", self.any()))
            return _told(f"({target})[{self.key_of()}]")
        return self._loop() if kind < 96 else _told(self.any())

    def _with_record(self) -> str:
        kind, name = self.random.randrange(100), self.pick(BINS)
        if kind < 35:
            odd = ("{}", "function() end", "rec.a", "nil", "rec.l", "rec.m", "rec.nope", "true")
            return f"T(function() rec[{name}] = {self.element() if self.chance(85) else self.pick(odd)} end)"
        if kind < 56:
            return f"T(aerospike.{self.pick(('update', 'update', 'update', 'create', 'exists', 'remove'))}, aerospike, rec)"
        if kind < 60:
            method = self.pick(("update", "create", "exists", "remove", "set_context"))
            return _told(f"aerospike:{method}({self.pick(('rec', 'rec, 1'))})")
        if kind < 75:
            facts = (
                "ttl",
                "gen",
                "setname",
                "key",
                "digest",
                "numbins",
                "bin_names",
                "size",
                "device_size",
                "drop_key",
            )
            return _told(f"record.{self.pick(facts)}({'rec' if self.chance(75) else self.any()})")
        if kind < 80:
            return f"T(record.set_ttl, rec, {self.pick(('0', '-1', '-2', '100', self.any()))})"
        if kind < 88:
            return _told(f"rec[{name}]")
        if kind < 91:
            return _told(f"rec[{name}] == rec[{self.pick((name, self.pick(BINS)))}]")
        change = ("list.append(l, 9)", "l[1] = 'z'", "list.remove(l,1)", "rec.l = l", "rec.m = l")
        return f"T(function() local l = rec.l if l then {self.pick(change)} end return l end)"

    def step(self) -> str:
        """A step that a server survives."""
        while True:
            text = self._with_record() if self.chance(40) else self._with_values()
            if is_harmless(text):
                return text

    def function(self, name: str, count: int) -> Function:
        """A function of some steps with arguments and a record."""
        steps = [self.step() for _ in range(count)]
        ends = ("L1", "M1", "rec.l", "rec.m", self.element(), self.list_of(), self.map_of())
        returns = "out" if self.chance(60) else self.pick(ends)
        text = "\n".join((_HEAD.format(name=name) + "\n".join(steps), f"return {returns}", "end\n"))
        args = [self.value() for _ in range(3)]
        return Function(name, text, steps, returns, args, self.pick(RECORDS))


def is_harmless(step: str) -> bool:
    """Whether a step is none of those that are left out."""
    return not any(re.search(pattern, step) for pattern, _ in AVOIDED)


def _told(expression: str) -> str:
    return f"T(function() return {expression} end)"


_NESTED: Final = {"dict": [["k1", 1], ["a", [2]]]}
RECORDS: Final[tuple[Tagged, ...]] = (
    None,
    None,
    {"dict": [["a", -5]]},
    {
        "dict": [
            ["a", 1],
            ["b", "x"],
            ["l", [1, 2, "three", [4]]],
            ["m", _NESTED],
            ["blob", {"bytes": "010203"}],
            ["f", {"float": "2.5"}],
            ["g", {"geojson": '{"type": "Point", "coordinates": [1, 2]}'}],
        ]
    },
)
"""Bins that a record can have before a call."""


def module(seed: int, count: int = 40, steps: int = 12) -> tuple[str, list[Function]]:
    """The text of a module by its seed, and its functions."""
    drawer = Drawer(seed)
    functions = [drawer.function(f"f{number}", steps) for number in range(count)]
    return PROLOGUE + "".join(function.text for function in functions), functions


def alike(outcome: Any) -> Any:
    """An outcome without what servers may say differently."""
    if isinstance(outcome, list | tuple):
        return tuple(map(alike, outcome))
    if isinstance(outcome, str):
        for pattern, replacement, _ in ALIKE:
            outcome = pattern.sub(replacement, outcome)
    return outcome
