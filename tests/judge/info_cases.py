"""Random info commands, for comparing two servers, or two clients.

About half of them make indexes; the others list and drop these, truncate, register modules, ask
for settings and statistics, or are wrong in one of the ways in which commands can be. What ends a
server 8.1.2 is not among them: ``udf-get`` without a name, and names of modules that are paths.
"""

from __future__ import annotations

import base64
import contextlib
import re
from typing import TYPE_CHECKING, Final

import gold
from judge import expression_cases
from judge.cases import Pool

from aerospike_wire import expressions as x
from aerospike_wire import operations as op
from aerospike_wire.errors import ParamError
from aerospike_wire.operations.contexts import context_value

if TYPE_CHECKING:
    from collections.abc import Callable


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


ALIKE: Final = (
    (re.compile(r"state=(RW|WO)"), "state=#", "whether an index is full yet"),
    (re.compile(r"got no value"), "got nil", "functions of Lua's library have named parameters here"),
    (re.compile(r"(used_bytes|load_time|entries\w*|hash)=\w+"), r"\1=#", "what is counted or measured"),
    (re.compile(r"[^\s:'\"]*/(\w+\.(lua|so))"), r"\1", "each server keeps modules in a directory of its own"),
    (re.compile(r"127\.0\.0\.1(:\d+)?"), "HOST", "where the server listens"),
    (re.compile(r"^(node[\t;][^\n]*?)BB9\w+|^(node[\t;][^\n]*?)[0-9A-F]{16}", re.MULTILINE), "NODE", "its name"),
    (re.compile(r"^(release[^\n]*?);os=[^\n]*", re.MULTILINE), r"\1", "its build"),
    (
        re.compile(r"^((cluster-name|best-practices)[^\t\n]*\t)[^\n]*", re.MULTILINE),
        r"\1",
        "its settings, and its machine",
    ),
    (
        re.compile(r"^(partition-generation[^\t\n]*\t)\d+", re.MULTILINE),
        r"\1",
        "how often a partition has changed hands",
    ),
    (re.compile(r"(?<=\}-)([a-z-]+):(msec[^;\n]*)?"), r"\1", "what was measured"),
    (re.compile(r"(?<=\t)[0-9A-F]{8,16}$", re.MULTILINE), "KEY", "the key of the cluster"),
)
"""What is the same in the answers of two servers, with its replacement and the reason."""
NOT_THERE: Final = "ERROR:16:an embedded node does not have this"
"""The node's answer to what only looks into a real one's memory, threads and files."""
PACKED: Final = re.compile(r"<(mod_exp|msgpack)/\d+>")
"""What a server writes of parts of expressions in lists of indexes: how long they are packed, which the node does not keep."""
UNORDERED: Final = ("sindex-list", "sindex", "udf-list")
"""Commands whose entries come in any order."""

_CONTEXTS: Final = (
    [op.cdt_ctx_map_key("a")],
    [op.cdt_ctx_list_index(0)],
    [op.cdt_ctx_list_rank(-1)],
    [op.cdt_ctx_map_value(5)],
    [op.cdt_ctx_map_index(1), op.cdt_ctx_map_key(b"zz")],
    [op.cdt_ctx_list_value("x")],
    [op.cdt_ctx_map_rank(0)],
    [op.cdt_ctx_list_value([1, 2])],
    [op.cdt_ctx_map_value({"a": 1})],
    [op.cdt_ctx_list_value(None)],
    [op.cdt_ctx_list_value(True)],
)
_FLOAT_AS_KEY: Final = b"\x92\x22\xcb\x3f\xf8\0\0\0\0\0\0"
CONTEXTS: Final = (*(_base64(context_value(context)) for context in _CONTEXTS), _base64(_FLOAT_AS_KEY))
_EXPRESSIONS: Final = (
    x.Add(x.IntBin("a"), 1),
    x.IntBin("a"),
    x.StrBin("s"),
    x.BlobBin("b"),
    x.GeoBin("g"),
    x.ListBin("l"),
    x.MapBin("m"),
    x.FloatBin("f"),
    x.Eq(x.IntBin("a"), 1),
    x.Cond(x.Eq(x.IntBin("a"), 1), x.IntBin("b"), x.Unknown()),
    x.BinExists("a"),
    x.SetName(),
    x.DigestMod(4),
    x.KeyInt(),
    x.TTL(),
    x.SinceUpdateTime(),
    x.Val(5),
    x.Sub(x.IntBin("a"), x.IntBin("b")),
    x.Mul(x.IntBin("a"), 2, 3),
    x.ToInt(x.FloatBin("f")),
    x.Max(x.IntBin("a"), x.IntBin("c")),
    x.IntAnd(x.IntBin("a"), 255),
    x.HLLBin("h"),
    x.LastUpdateTime(),
    x.RecordSize(),
    x.ListSize(None, x.ListBin("l")),
    x.And(x.BinExists("a"), x.BinExists("b")),
    x.Let(x.Def("v", x.IntBin("a")), x.Add(x.Var("v"), 1)),
    x.Abs(x.IntBin("a")),
)
EXPRESSIONS: Final = tuple(expression.to_base64() for expression in _EXPRESSIONS)
NO_BASE64: Final = ("####", "", "x", "AAA", "////", _base64(b"\x92\x10\x01") + " ")
NO_MSGPACK: Final = ("AAAA", "kA==")
NO_STEPS: Final = tuple(
    map(
        _base64,
        (
            b"\x93",
            b"\xc0",
            b"\x81\x01\x02",
            b"\x92\x10\xc1",
            b"\x92\x10",
            b"\x92\x22\xa2\x03a",
            b"\x93\x22\xa2\x03a\x01",
            b"\x92\x50\x01",
            b"\x90",
        ),
    )
)
WRONG: Final = (*NO_BASE64, *NO_MSGPACK, *NO_STEPS)
"""What is neither a context nor an expression."""

MODULES: Final = (
    "function f(rec) return 1 end",
    "not lua",
    "",
    "x = ",
    'error("top")',
    "local x = nil; x.y = 1",
    "return 5",
    "-- c",
    "x=1\nx=2\n\ny y",
    "goto nope",
    "break",
    "local a <const> = 1; a = 2",
    '"',
    'x = "\\z',
    "f(",
    "for",
    "\x00",
    "ÿ",
    "return ...",
    "x = 5 5",
    "error()",
    "error({})",
    "error(nil)",
    "error(5)",
    "error('a\\nb')",
    "error('lvl0', 0)",
    "local t = {} t.x.y = 1",
    "require('nope')",
    "list.size(5)",
    "x = list.size()",
    "string.rep()",
    "assert(false)",
    "assert(nil,'m')",
    "function f(rec) return (1 end",
    "x = 'abc",
    "x = [[abc",
    "--[[ abc",
    "x = 1e",
    "x = 0x",
    "x = 3..2",
    "a.b:c = 1",
    "local function end",
    "if x then",
    "while true",
    "::a:: ::a::",
    "local 5",
    "x = }",
    "y = {1,2",
    "return return",
    "f = function(a,a) end",
    "f() = 5",
    "(f)",
    "x = ...",
    "function f(...) return ... end",
    "function f() return ... end",
    "x = '\\q'",
    "x = '\\300'",
    "x='\\u{110000000}'",
    "x = 1 .. ",
    "x = #",
    "& 5",
    "x = ~5 ~ 6",
    "local x <close> = 5",
    "local x <foo> = 5",
    "x = 'a\nb'",
)
"""Texts of modules; one is good, and most have one error each."""

_PLAIN: Final = """
sindex /test/ /test / ~ /nope/i1 /nope /test/i1 /test/nope /test/i1/x : :namespace=test
sindex-stat /test/i1 ~
udf-clear-cache :
udf-list : :filename=a.lua /x
udf-get : ~
udf-put : ~
namespace /nope / /Test
query-show : :id= :trid=5 :id=abc :id=0 :id=99999999999999999999999999 ~ :foo=1
query-abort : :trid=5 :id= :id=abc :id=-1 ~ :id=0x10
query-abort-all : ~ :x=y
jobs : :module=query
scan-abort :id=1
scan-show ~
scan-abort-all :
get-config :context= :context=nope :context=namespace :context=namespace;namespace=nope
get-config :context=namespace;namespace= :context=namespace;id=nope :context=namespace;ns=nope :context=xdr
get-config :context=xdr;dc=x :context=security :x
set-config : :context= :context=nope :context=nope;a=b :context=service :context=service;
set-config :context=service;nope=1 :context=service;ticker-interval=x :context=service;ticker-interval=-1
set-config :context=service;proto-fd-max=1 :context=service;ticker-interval= :context=namespace;nope=1
set-config :context=namespace;namespace=nope;default-ttl=1 :context=namespace;namespace=test
set-config :context=namespace;namespace=test;nope=1 :context=namespace;namespace=test;default-ttl=x
set-config :context=namespace;namespace=test;max-record-size=1 :context=namespace;namespace=test;set=;nope=1
set-config :context=namespace;namespace=test;set=s1;nope=1
set-config :context=namespace;namespace=test;set=s1;enable-index=x :context=network;nope=1
set-config :context=security;nope=1 :context=xdr;nope=1 :context=xdr;dc=x :context=logging;x=y
set-config :context=service;info-max-ms=5 :context=service;query-threads-limit=0 ~
latencies :hist= :hist=nope :hist={test}-nope :hist={nope}-read :hist=batch-index :x
latency :
log / /0/x /5 /x /-1
log-set : :id=0 :id=x :id=9;misc=info :id=0;nope=info :id=0;misc=nope :id=0;misc= :misc=info ~
log-message : :message= :message=x :who=me;what=x
x ~
nosuch ~ :x=y
build :x /x ;
node : / ;build
status /x
edition :
racks : :namespace=nope :namespace=
roster : :namespace=nope
roster-set :
quiesce :
quiesce-undo :
revive : :namespace=nope
recluster :x ~
rack-ids :
peers-clear-std :generation= :generation=x :generation=-1 :generation=1 :generation=99999999999999999999
peers-tls-std ~
replicas :max=x :max= :max=-1
user-agent-set : :value= :value=####
smd-show : :module= :module=nope
smd-info ~ :
dump-cluster :
tip : :host=x :port=5 ~
tip-clear : :host-port-list=
xdr-get-filter :
xdr-set-filter :
xdr-dc-state :
feature-key ~
masking :
masking-show :
get-stats : :context= :context=x
health-stats :
debug-record : :namespace=nope :namespace=test
debug-record-meta :namespace=test;keyd=x
partition-info : :namespace=test;pid=x
physical-devices : :path=
dump-wb-summary : :namespace=nope
thread-traces :
index-pressure :
services-alumni-reset :
jem-stats :
connection ~ :
hist-track-start :
hist-dump :
throughput :
dun :
undun :
BUILD ~
Build ~
sindex-create ~
truncate ~ :namespace=test;set=s1:x
sindex-delete ~
sindex-exists ~
cluster-stable ~
histogram ~
config-get :context=nope
config-set :context=nope
set-log :
features :
release :x
version /
services :
mesh :
mcast :
digests ~
best-practices :
compatibility-id :
cluster-name :
partition-generation :
peers-generation /
"""
_LONG: Final = (
    f"set-config:context=namespace;id=test;set={'x' * 64};enable-index=true",
    f"user-agent-set:value={'A' * 92}",
    "",
    ":",
    "/",
    "build ",
    " build",
    "udf-list ",
    "x" * 31,
    "x" * 32,
    "x" * 40,
)


def _plain() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in _PLAIN.strip().splitlines():
        command, *rests = line.split()
        found.setdefault(command, []).extend(command + rest.removeprefix("~") for rest in rests)
    return found


PLAIN: Final = tuple(_plain().values())
"""Commands without anything drawn, by their names."""
TIMES: Final = (
    *("0", "", "abc", "-1", "1", "1262304000000000000", "1262304000999999999", "1262304001000000000", "1.5", " 5"),
    *("99999999999999999999999", "1500000000000000000", "0x10", "1500000000000000000x", "9223372036854775807"),
    *("18446744073709551615", "18446744073709551616", "1262304000000000001", "1" * 64, "+1500000000000000000"),
    "5000000000000000000",
)
"""For ``lut``: nanoseconds since 1970, good and bad."""


INDEX_NAMES: Final = ("i1", "i2", "i3", "i4", "i5", "x" * 63, "x" * 64, "", "a b", "i/1", "ü", "I1", "i:1", "i,1")
ABSENT: Final = ("nope", "", "x" * 31, "x" * 32, "Test", "test ")
"""Namespaces that no server has; indexes can be made for them."""


class Drawer(Pool):
    """Draws info commands."""

    def _maybe(self, percent: int, name: str, *values: str) -> list[str]:
        return [f"{name}={self.pick(values)}"] if self.chance(percent) else []

    def _namespace(self, percent: int) -> list[str]:
        name = self.pick(("namespace",) * 6 + ("ns", "ns", "id", "Namespace"))
        return self._maybe(percent, name, *["test"] * 7, "bar", *ABSENT)

    def _index_name(self, percent: int) -> list[str]:
        return self._maybe(percent, "indexname", *INDEX_NAMES)

    def _expression(self) -> str:
        if self.chance(30):
            drawer = expression_cases.Drawer(self, oddities=1)
            drawn = drawer.source(self.pick(("integer", "string", "blob", "place")), self.pick((1, 2, 3)))
            with contextlib.suppress(ParamError):  # our client refuses some
                return str(gold.value(drawn).to_base64())
        return str(self.pick(EXPRESSIONS if self.chance(70) else WRONG))

    def create(self) -> str:
        """A command that makes an index."""
        kinds = ("NUMERIC", "STRING", "BLOB", "GEO2DSPHERE")
        odd = ("INTEGER", "nope", "", "x" * 19, "x" * 20, "text", "geojson")
        within = ("LIST", "MAPKEYS", "MAPVALUES", "DEFAULT")
        odd_within = ("default", "list", "MapKeys", "mapvalues", "SET", "set", "nope", "", "NONE")
        data = ("a,NUMERIC", "a,string", "a", "a,", ".,x", ",STRING", "a,nope", "a,GEO2DSPHERE,", "", "a,BLOB")
        parameters = [
            *self._namespace(97),
            *self._maybe(80, "set", "s1", "s1", "s2", "", "x" * 63, "x" * 64, "a/b"),
            *self._index_name(97),
            *self._maybe(25, "context", *CONTEXTS, *WRONG),
            *self._maybe(45, "indextype", *within, *odd_within),
            *self._maybe(70, "bin", "a", "a", "b", "", "x" * 15, "x" * 16, "ü"),
            *self._maybe(75, "type", *kinds, *map(str.lower, kinds), *odd),
            *self._maybe(10, "indexdata", *data, f"{'x' * 16},NUMERIC"),
            *([f"exp={self._expression()}"] if self.chance(20) else ()),
        ]
        if self.chance(5):
            more = ("numbins=1", "priority=normal", "foo", "=", "foo=bar", "type=STRING", "indexname=i9", "set=null")
            parameters.append(self.pick(more))
        if self.chance(15):
            self.random.shuffle(parameters)
        return "sindex-create:" + ";".join(parameters) + self.pick(("", "", ";"))

    def _index(self) -> str:
        sets = ("s1", "", "zz")
        kind = self.random.randrange(10)
        if kind < 4:
            return _command("sindex-delete", self._namespace(95), self._maybe(30, "set", *sets), self._index_name(95))
        if kind < 8:
            name = "sindex-exists" if kind < 6 else "sindex-stat"
            return _command(name, self._namespace(90), self._index_name(90))
        return _command("sindex-list", self._namespace(60), self._maybe(50, "b64", "true", "false", "", "x", "TRUE"))

    def _truncate(self) -> str:
        sets = ("s1", "", "zz", "x" * 63, "x" * 64, "a b")
        kind = self.random.randrange(10)
        if kind < 6:
            return _command(
                "truncate", self._namespace(90), self._maybe(85, "set", *sets), self._maybe(50, "lut", *TIMES)
            )
        if kind < 8:
            times = ("0", "1", "x", "9223372036854775807")
            parts = self._namespace(90), self._maybe(30, "set", "s1", ""), self._maybe(30, "lut", *times)
            return _command("truncate-namespace", *parts)
        name = self.pick(("truncate-undo", "truncate-namespace-undo", "eviction-reset"))
        return _command(name, self._namespace(90), self._maybe(60, "set", *sets), self._maybe(20, "ttl", "5", "x"))

    def _module(self) -> str:
        names = ("a.lua", "b.lua", "x", ".lua", "a.", "a.b.c", f"{'x' * 124}.lua", "a b.lua", "ü.lua")
        kind = self.random.randrange(10)
        if kind < 6:
            content = _base64(self.pick(MODULES).encode("latin-1"))
            sizes = ("", "x", "-4", "3", "4", "0", str(len(content) + 4), "9" * 11, " 4")
            parts = [
                *self._maybe(100, "filename", *names),
                *self._maybe(100, "content", *[content] * 8, "", "####", "abc"),
                *self._maybe(100, "content-len", *[str(len(content))] * 8, *sizes),
                *self._maybe(100, "udf-type", *["LUA"] * 8, "lua", "", "PY"),
            ]
            if self.chance(20):
                parts.pop(self.random.randrange(4))
            if self.chance(10):
                self.random.shuffle(parts)
            return _command("udf-put", parts) + ";"
        if kind < 8:
            end = self.pick(("", ";"))
            return f"udf-get:filename={self.pick(('a.lua', 'b.lua', 'zz.lua', 'a', 'x' * 128))}{end}"
        return f"udf-remove:{self.pick(('filename=a.lua;', 'filename=zz.lua', 'filename=x;', '', 'foo=bar'))}"

    def _statistics(self) -> str:
        if self.chance(60):
            size = self._maybe(50, "size", "1", "2", "", "x", "0", "-1", "1234", "1.5")
            said = ("true", "false", "yes", "x", "", "TRUE")
            return _command("cluster-stable", size, self._maybe(40, "ignore-migrations", *said), self._namespace(30))
        kinds = ("ttl", "object-size", "nope", "", "object-size-linear")
        sets = ("s1", "", "x" * 64)
        return _command(
            "histogram", self._namespace(90), self._maybe(90, "type", *kinds), self._maybe(30, "set", *sets)
        )

    def line(self) -> str:
        """Any command."""
        if self.chance(45):
            return self.create()
        kind = self.random.randrange(30)
        drawn: tuple[tuple[int, Callable[[], str]], ...] = (
            (11, self._index),
            (15, self._truncate),
            (20, self._module),
            (23, self._statistics),
        )
        for limit, draw in drawn:
            if kind < limit:
                return draw()
        return str(self.pick(_LONG) if kind == 23 else self.pick(self.pick(PLAIN)))


def _command(name: str, *parts: list[str]) -> str:
    return f"{name}:{';'.join(part for parts_of in parts for part in parts_of)}"


def line(seed: int) -> str:
    """A command by its seed."""
    return Drawer(seed).line()


def alike(command: str, answer: str) -> object:
    """An answer without what servers may say differently."""
    told = re.search(r"message=([A-Za-z0-9+/=]+)", answer)
    if told and "compile_error" in answer:
        answer = answer.replace(told[1], base64.b64decode(told[1]).decode("utf-8", "replace"))
    for pattern, replacement, _ in ALIKE:
        answer = pattern.sub(replacement, answer)
    if command.startswith(UNORDERED):
        return sorted(answer.strip().partition("\t")[2].split(";"))
    return answer
