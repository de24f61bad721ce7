"""Secondary index definitions."""

from __future__ import annotations

import base64

import pytest
from cases import for_each

from aerospike_wire.embedded import info
from aerospike_wire.embedded.indexes import Index, Indexes
from aerospike_wire.embedded.node import Node, Session
from aerospike_wire.embedded.store import NamespaceConfig, StoredRecord
from aerospike_wire.proto import msgpack, values

NUMERIC = "sindex-create:namespace=test;set=s;indexname=ix;bin=a;type=NUMERIC"
SUM = base64.b64encode(bytes.fromhex("9314935102a16101")).decode()
"""add(int bin a, 1)"""
PATH = base64.b64encode(msgpack.pack([0x22, "k", 0x10, -1])).decode()


@pytest.fixture
def node() -> Node:
    return Node.of("A1", [NamespaceConfig("test"), NamespaceConfig("bar")])


def ask(node: Node, command: str) -> str:
    return info.answer(node, Session(), command)


def names(node: Node) -> list[str]:
    return [index.name for index in node.indexes.of("test")]


def test_create_is_idempotent(node: Node) -> None:
    """The same definition under the same name is accepted again and stays one index."""
    assert ask(node, NUMERIC) == "ok"
    assert ask(node, NUMERIC.lower()) == "ok"
    assert names(node) == ["ix"]


def test_same_name_other_definition(node: Node) -> None:
    """A name cannot stand for two definitions."""
    ask(node, NUMERIC)
    answer = ask(node, NUMERIC.replace("NUMERIC", "STRING"))
    assert answer == "ERROR:200:'indexname' already exists with different definition"


def test_same_definition_other_name_renames(node: Node) -> None:
    """A definition that exists takes the new name in its place; the old name is gone."""
    ask(node, NUMERIC)
    ask(node, "sindex-create:namespace=test;indexname=second;bin=b;type=blob")
    assert ask(node, NUMERIC.replace("indexname=ix", "indexname=new")) == "ok"
    assert names(node) == ["new", "second"]
    assert ask(node, "sindex-stat:namespace=test;indexname=ix") == "ERROR:201:no index"


def test_limit_of_a_namespace(node: Node) -> None:
    """The 257th index is refused, a rename and another namespace are not."""
    for number in range(256):
        assert ask(node, f"sindex-create:namespace=test;indexname=i{number};bin=b{number};type=numeric") == "ok"
    more = "sindex-create:namespace=test;indexname=more;bin=more;type=numeric"
    assert ask(node, more) == "ERROR:206:already at sindex definition limit"
    assert ask(node, "sindex-create:namespace=test;indexname=renamed;bin=b7;type=numeric") == "ok"
    assert ask(node, more.replace("test", "bar")) == "ok"


def test_older_form(node: Node) -> None:
    """What older clients send means the same."""
    ask(node, NUMERIC)
    assert ask(node, "sindex-create:ns=test;set=s;indexname=ix;indexdata=a,NUMERIC") == "ok"
    assert names(node) == ["ix"]
    assert ask(node, "sindex-delete:ns=test;indexname=ix") == "ok"
    assert names(node) == []


def test_unknown_namespace_is_accepted(node: Node) -> None:
    """A definition for a namespace that is not here is kept, but can be neither seen nor used."""
    assert ask(node, NUMERIC.replace("test", "nope")) == "ok"
    assert ask(node, "sindex-list") == ""
    assert ask(node, "sindex-stat:namespace=nope;indexname=ix") == "ERROR:20:namespace not found on node"
    assert ask(node, "sindex-delete:namespace=nope;indexname=ix") == "ok"


def test_delete_of_nothing(node: Node) -> None:
    """Removing what is not there is fine."""
    assert ask(node, "sindex-delete:namespace=test;indexname=ix") == "ok"


@for_each(
    ("parameters", "text"),
    [
        ("namespace=test", "ERROR:4:missing 'indexname'"),
        ("indexname=i", "ERROR:20:missing 'namespace'"),
        ("namespace=test;indexname=", "ERROR:4:missing 'indexname' value"),
        ("namespace=test;indexname=" + "n" * 64, "ERROR:4:'indexname' value too long"),
        ("namespace=test;indexname=i;bin=a", "ERROR:4:both 'indexdata' and 'type' are missing"),
        ("namespace=test;indexname=i;type=numeric", "ERROR:4:both 'bin' and 'exp' are missing"),
        ("namespace=test;indexname=i;bin=" + "b" * 16 + ";type=numeric", "ERROR:4:'bin' value too long"),
        (f"namespace=test;indexname=i;bin=a;exp={SUM};type=numeric", "ERROR:4:both 'bin' and 'exp' are specified"),
        (
            f"namespace=test;indexname=i;context={PATH};exp={SUM};type=numeric",
            "ERROR:4:both 'context' and 'exp' are specified",
        ),
        (
            "namespace=test;indexname=i;bin=a;type=INTEGER",
            "ERROR:4:bad 'type' - must be one of 'numeric', 'string', 'blob', 'geo2dsphere'",
        ),
        (
            "namespace=test;indexname=i;bin=a;type=numeric;indextype=foo",
            "ERROR:4:bad 'indextype' - must be one of 'default', 'list', 'mapkeys', 'mapvalues'",
        ),
        (
            "namespace=test;indexname=i;bin=a;type=geo2dsphere;indextype=mapkeys",
            "ERROR:4:bad 'indexdata' bin type for 'indextype' 'mapkeys' - must be one of 'numeric', 'string', 'blob'",
        ),
        ("namespace=test;indexname=i;bin=a;context=!!;type=numeric", "ERROR:4:'context' invalid base64"),
        ("namespace=test;indexname=i;bin=a;context=AQ==;type=numeric", "ERROR:4:'context' invalid cdt context"),
        ("namespace=test;indexname=i;exp=!!;type=numeric", "ERROR:4:bad 'exp'"),
        ("namespace=test;indexname=i;exp=AQ==;type=string", "ERROR:4:bad 'exp'"),
        (
            f"namespace=test;indexname=i;exp={SUM};type=string",
            "ERROR:4:bad 'exp' - expression type 'numeric' does not match expected type 'string'",
        ),
        (
            "namespace=test;indexname=i;indexdata=a,numeric;type=numeric",
            "ERROR:4:both 'indexdata' and 'type' are specified",
        ),
        ("namespace=test;indexname=i;indexdata=a", "ERROR:4:'indexdata' missing bin type"),
        ("namespace=test;indexname=i;indexdata=,numeric", "ERROR:4:'indexdata' missing bin name"),
        ("namespace=test;indexname=i;indexdata=" + "b" * 16 + ",numeric", "ERROR:4:'indexdata' bin name too long"),
        ("namespace=test;indexname=i;indextype=set", "ERROR:4:missing 'set'"),
        ("namespace=nope;indexname=i;set=s;indextype=set", "ERROR:4:namespace not found"),
        (
            "namespace=test;indexname=i;set=s;indextype=set;bin=b",
            "ERROR:4:bin parameter is not supported for set index",
        ),
    ],
)
def test_refused_definitions(node: Node, parameters: str, text: str) -> None:
    """A definition that is incomplete or contradicts itself is refused in a server's words."""
    assert ask(node, f"sindex-create:{parameters}") == text
    assert names(node) == []


def test_list_shows_every_kind(node: Node) -> None:
    """Definitions are listed in order, set indexes last, contexts and expressions as text."""
    ask(node, "sindex-create:namespace=test;set=s;indexname=whole;indextype=SET")
    ask(node, f"sindex-create:namespace=test;set=s;indexname=path;context={PATH};bin=m;type=NUMERIC")
    ask(node, f"sindex-create:namespace=test;indexname=sum;exp={SUM};type=NUMERIC")
    common = "type=numeric:indextype=default"
    path = f"ns=test:indexname=path:set=s:bin=m:{common}"
    total = f"ns=test:indexname=sum:set=null:bin=null:{common}"
    whole = "ns=test:indexname=whole:set=s:indextype=set"
    shown = [
        f"{path}:context=[map_key(<string#1>), list_index(-1)]:exp=null:state=RW",
        f'{total}:context=null:exp=add(bin_int("a"), 1):state=RW',
        whole,
    ]
    assert ask(node, "sindex-list").split(";") == shown
    assert ask(node, "sindex-list:namespace=test").split(";") == shown
    assert ask(node, "sindex/test").split(";") == shown[:2]
    encoded = [f"{path}:context={PATH}:exp=null:state=RW", f"{total}:context=null:exp={SUM}:state=RW", whole]
    assert ask(node, "sindex-list:namespace=test;b64=true").split(";") == encoded
    assert ask(node, "sindex-list:namespace=bar") == ""
    assert ask(node, "sindex-list:b64=maybe") == f"ERROR:4:bad b64;{whole}"


def test_entries_are_counted(node: Node) -> None:
    """How many values an index holds is counted from the records, by kind."""
    for number, value in enumerate([1, "x", [1, 2, "y"], {"k": 3}]):
        kind, data = values.encode(value)
        digest = bytes((number,)) * 20
        node.namespaces["test"].records[digest] = StoredRecord(digest, b"s", {b"a": (int(kind), data)})
    counts = {
        "bin=a;type=numeric": 1,
        "bin=a;type=string": 1,
        "bin=a;type=numeric;indextype=list": 2,
        "bin=a;type=string;indextype=mapkeys": 1,
        "bin=a;type=numeric;indextype=mapvalues": 1,
        "bin=nope;type=numeric": 0,
    }
    for number, (definition, count) in enumerate(counts.items()):
        assert ask(node, f"sindex-create:namespace=test;indexname=i{number};{definition}") == "ok"
        answer = ask(node, f"sindex-stat:namespace=test;indexname=i{number}")
        assert answer.startswith(f"entries={count};")
        assert ";load_pct=100;" in answer
        assert ask(node, f"sindex/test/i{number}") == answer


def test_exists(node: Node) -> None:
    """Whether there is an index of a name."""
    ask(node, NUMERIC)
    assert ask(node, "sindex-exists:namespace=test;indexname=ix") == "true"
    assert ask(node, "sindex-exists:namespace=bar;indexname=ix") == "false"


def test_set_index_as_a_setting(node: Node) -> None:
    """A set's index can be a setting, unless it is an index with a name."""
    switch = "set-config:context=namespace;namespace=test;set=s;enable-index="
    assert ask(node, switch + "true") == "ok"
    assert "enable-index=true" in ask(node, "sets/test/s")
    assert ask(node, switch + "false") == "ok"
    assert ask(node, "sets/test/s") == ""
    ask(node, "sindex-create:namespace=test;set=s;indexname=whole;indextype=SET")
    assert ask(node, switch + "false") == "ERROR:4:invalid set-config parameter"
    assert "enable-index=true" in ask(node, "sets/test/s")


def test_find_needs_the_exact_definition() -> None:
    """A query finds an index by its whole definition or by name, and nothing else."""
    indexes = Indexes()
    wanted = Index("ix", "test", "s", "a", "numeric", "list")
    indexes.create(wanted)
    indexes.create(Index("whole", "test", "s", None, None, set_index=True))
    assert indexes.find("test", "s", "a", 1, 1) == wanted
    assert indexes.find("test", None, None, 1, 1, name="ix") == wanted
    assert indexes.find("test", None, "a", 1, 1) is None
    assert indexes.find("test", "s", "a", 0, 1) is None
    assert indexes.find("test", "s", "a", 1, 3) is None
    assert indexes.find("bar", "s", "a", 1, 1) is None
    assert indexes.find("test", "s", None, 0, 0) is None


def test_index_over_all_sets_serves_sets_without_one() -> None:
    """A query of a set takes the set's own index, or else one over all sets."""
    indexes = Indexes()
    everywhere, own = Index("all", "test", None, "a", "numeric"), Index("own", "test", "s", "a", "numeric")
    indexes.create(everywhere)
    assert indexes.find("test", "s", "a", 0, 1) == everywhere
    indexes.create(own)
    assert indexes.find("test", "s", "a", 0, 1) == own
    assert indexes.find("test", "other", "a", 0, 1) == everywhere
    assert indexes.find("test", None, "a", 0, 1) == everywhere
