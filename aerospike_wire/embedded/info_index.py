"""Info commands about secondary indexes."""

from __future__ import annotations

import base64
import binascii
import functools
from typing import TYPE_CHECKING, Any, Final

from aerospike_wire.embedded import index_texts, ranges
from aerospike_wire.embedded.indexes import (
    KINDS,
    MAX_NAME,
    TYPES,
    DefinitionDiffersError,
    Index,
    TooManyIndexesError,
)
from aerospike_wire.embedded.info_parameters import MAX_SET, OK, InfoRefusal, Parameters
from aerospike_wire.errors import ProtocolError
from aerospike_wire.errors.codes import ResultCode
from aerospike_wire.expressions.evaluate import Malformed, parse
from aerospike_wire.proto import msgpack
from aerospike_wire.proto.values import MAX_BIN_NAME

if TYPE_CHECKING:
    from collections.abc import Callable

    from aerospike_wire.embedded.node import Node, Session

_ONE_OF_KINDS: Final = "must be one of 'numeric', 'string', 'blob', 'geo2dsphere'"
_TYPE_OF_COLLECTION: Final = {"list": "list", "mapkeys": "map", "mapvalues": "map"}
_RESULTS: Final = {
    1: "bool", 2: "numeric", 3: "string", 4: "list", 5: "map", 6: "blob", 7: "float", 8: "geo2dsphere", 9: "hll"
}  # fmt: skip
"""Types of expressions, as texts name them."""
_MAX_TYPE: Final = 11
"""Bytes of the name of what an index holds."""
_MAX_INDEX_TYPE: Final = 9
_MAX_DATA: Final = 27
_MAX_CONTEXT: Final = 2047
_MAX_EXPRESSION: Final = 16383
_MAX_FLAG: Final = 5
_NOT_OF_SETS: Final = {
    "context": _MAX_CONTEXT, "indexdata": _MAX_DATA, "type": _MAX_TYPE, "bin": MAX_BIN_NAME, "exp": _MAX_EXPRESSION,
}  # fmt: skip
"""Parameters that a set index does not have, in the order in which they are complained of, and their sizes."""
_INDEX_ARENA: Final = 16 * 1024 * 1024
"""Bytes that servers set aside for an index, however small."""


def create(node: Node, _session: Session, parameters: Parameters) -> str:
    """``sindex-create``: add an index; also in the forms of older clients."""
    index = definition(node, parameters)
    try:
        node.indexes.create(index)
    except DefinitionDiffersError:
        raise InfoRefusal(ResultCode.INDEX_FOUND, "'indexname' already exists with different definition") from None
    except TooManyIndexesError:
        raise InfoRefusal(ResultCode.INDEX_NAME_MAX_COUNT, "already at sindex definition limit") from None
    for member in node.place.everywhere():
        namespace = member.namespaces.get(index.namespace)
        if namespace is not None:
            if index.set is not None:
                namespace.records.sets.setdefault(index.set.encode(errors="surrogateescape"), 0)
            namespace.contents(index, node.clock.milliseconds())
    return OK


def definition(node: Node, parameters: Parameters) -> Index:
    """The definition in a command's parameters.

    Raises:
        InfoRefusal: something is missing or wrong, with the text of a server.
    """
    name = parameters.required("indexname", MAX_NAME)
    namespace = parameters.namespace_name("ns") or ""
    if (parameters.find("indextype") or "").lower() == "set":
        return _set_index(node, parameters, name, namespace)
    set_name = parameters.optional("set", MAX_SET)
    context = _context(parameters.optional("context", _MAX_CONTEXT))
    type_name = (parameters.optional("indextype", _MAX_INDEX_TYPE) or "default").lower()
    if type_name not in TYPES:
        raise _invalid("bad 'indextype' - must be one of 'default', 'list', 'mapkeys', 'mapvalues'")
    data = parameters.optional("indexdata", _MAX_DATA)
    kind = parameters.optional("type", _MAX_TYPE)
    if data is None and kind is None:
        raise _invalid("both 'indexdata' and 'type' are missing")
    if data is not None and kind is not None:
        raise _invalid("both 'indexdata' and 'type' are specified")
    expression = None
    bin_name: str | None
    if kind is not None:
        kind = kind.lower()
        if kind not in KINDS:
            raise _invalid(f"bad 'type' - {_ONE_OF_KINDS}")
        bin_name = parameters.optional("bin", MAX_BIN_NAME)
        encoded = parameters.optional("exp", _MAX_EXPRESSION)
        if bin_name is not None and encoded is not None:
            raise _invalid("both 'bin' and 'exp' are specified")
        if bin_name is None and encoded is None:
            raise _invalid("both 'bin' and 'exp' are missing")
        if encoded is not None:
            if context is not None:
                raise _invalid("both 'context' and 'exp' are specified")
            expression = _expression(encoded, _TYPE_OF_COLLECTION.get(type_name, kind))
    else:
        bin_name, kind = _older_data(data or "")
    if type_name == "mapkeys" and kind == "geo2dsphere":
        text = "bad 'indexdata' bin type for 'indextype' 'mapkeys' - must be one of 'numeric', 'string', 'blob'"
        raise _invalid(text)
    return Index(name, namespace, set_name, bin_name, kind, type_name, context, expression)


def _set_index(node: Node, parameters: Parameters, name: str, namespace: str) -> Index:
    for other, limit in _NOT_OF_SETS.items():
        found = parameters.find(other)
        # What is too long has not been given.
        if found is not None and len(found.encode(errors="surrogateescape")) <= limit:
            raise _invalid(f"{other} parameter is not supported for set index")
    set_name = parameters.required("set", MAX_SET)
    if namespace not in node.namespaces:
        raise _invalid("namespace not found")
    return Index(name, namespace, set_name, None, None, set_index=True)


def _older_data(data: str) -> tuple[str, str]:
    bin_name, comma, kind = data.partition(",")
    if not comma:
        raise _invalid("'indexdata' missing bin type")
    if not bin_name:
        raise _invalid("'indexdata' missing bin name")
    if len(bin_name.encode(errors="surrogateescape")) > MAX_BIN_NAME:
        raise _invalid("'indexdata' bin name too long")
    if kind.lower() not in KINDS:
        raise _invalid(f"bad 'indexdata' bin type - {_ONE_OF_KINDS}")
    return bin_name, kind.lower()


def _context(encoded: str | None) -> bytes | None:
    if encoded is None:
        return None
    try:
        packed = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        raise _invalid("'context' invalid base64") from None
    try:
        problem = ranges.context_problem(packed)
    except ProtocolError:
        problem = "invalid cdt context"
    if problem is not None:
        raise _invalid(f"'context' {problem}")
    return packed


def _expression(encoded: str, wanted: str) -> bytes:
    try:
        packed = base64.b64decode(encoded, validate=True)
        program = parse(packed)
    except (binascii.Error, ProtocolError, Malformed):
        raise _invalid("bad 'exp'") from None
    if not ranges.can_be_indexed(packed):
        raise _invalid("bad 'exp'")
    found = _RESULTS.get(program.kind)
    if found is not None and found != wanted:
        raise _invalid(f"bad 'exp' - expression type '{found}' does not match expected type '{wanted}'")
    return packed


def _invalid(text: str) -> InfoRefusal:
    return InfoRefusal(ResultCode.INVALID_REQUEST, text)


def _named(handler: Callable[[Node, Parameters, str], str]) -> Callable[[Node, Session, Parameters], str]:
    """A handler of commands about one index.

    Servers say what is wrong with the name, go on without one, and say what comes of that
    right behind it.
    """

    @functools.wraps(handler)
    def answer(node: Node, _session: Session, parameters: Parameters) -> str:
        try:
            name, wrong = parameters.required("indexname", MAX_NAME), ""
        except InfoRefusal as refusal:
            name, wrong = "", refusal.value
        try:
            return wrong + handler(node, parameters, name)
        except InfoRefusal as refusal:
            return wrong + refusal.value

    return answer


@_named
def delete(node: Node, parameters: Parameters, name: str) -> str:
    """``sindex-delete``: remove an index; fine if there is none."""
    namespace = parameters.namespace_name("ns") or ""
    index = node.indexes.get(namespace, name)
    node.indexes.delete(namespace, name)
    if index is not None:
        for member in node.place.everywhere():
            if namespace in member.namespaces:
                member.namespaces[namespace].forget_contents(index)
    return OK


@_named
def exists(node: Node, parameters: Parameters, name: str) -> str:
    """``sindex-exists``: true or false."""
    namespace = parameters.namespace(node, "ns")
    return "true" if node.indexes.get(namespace.name, name) else "false"


def listing(node: Node, _session: Session, parameters: Parameters) -> str:
    """``sindex-list``: all definitions, of one namespace if it is named."""
    wanted = parameters.find("namespace")
    wanted = parameters.find("ns") if wanted is None else wanted
    if wanted is not None and wanted not in node.namespaces:
        # Once for the indexes, once for the set indexes.
        text = "namespace not found on node" if wanted else "missing 'namespace' value"
        refusal = InfoRefusal(ResultCode.NAMESPACE_NOT_FOUND, text).value
        return f"{refusal};{refusal}"
    wrong = ""
    try:
        encoded = parameters.optional("b64", _MAX_FLAG)
    except InfoRefusal as refusal:
        wrong, encoded = refusal.value, None
    names = list(node.namespaces) if wanted is None else [wanted]
    if encoded not in (None, "true", "false"):
        wrong = _invalid("bad b64").value
    shown = _all_described(node, names, encoded=encoded == "true")
    # Set indexes stand behind a separator of their own, even behind nothing, and behind what is wrong.
    return (wrong or ";".join(shown[0])) + "".join(f";{line}" for line in shown[1])


def _all_described(node: Node, namespaces: list[str], *, encoded: bool) -> list[list[str]]:
    """The indexes, and those of sets."""
    found = [index for name in namespaces for index in node.indexes.of(name)]
    shown: list[list[str]] = [[], []]
    for index in found:
        shown[index.set_index].append(_described(node, index, encoded=encoded))
    return shown


def _described(node: Node, index: Index, *, encoded: bool) -> str:
    head = f"ns={index.namespace}:indexname={index.name}:set={index.set or 'null'}"
    if index.set_index:
        return f"{head}:indextype=set"
    context = _shown(index.context, index_texts.context, encoded=encoded)
    expression = _shown(index.expression, index_texts.expression, encoded=encoded)
    built = node.namespaces[index.namespace].contents(index, node.clock.milliseconds()).complete
    return (
        f"{head}:bin={index.bin or 'null'}:type={index.kind}:indextype={index.type}"
        f":context={context}:exp={expression}:state={'RW' if built else 'WO'}"
    )


def _shown(packed: bytes | None, write: Any, *, encoded: bool) -> str:
    if packed is None:
        return "null"
    text = None if encoded else write(msgpack.unpack_from(packed, 0)[0])
    return base64.b64encode(packed).decode() if text is None else str(text)


@_named
def stat(node: Node, parameters: Parameters, name: str) -> str:
    """``sindex-stat``: how far an index is built and what it holds."""
    return _statistics(node, parameters.namespace(node, "ns").name, name)


def older_stat(node: Node, _session: Session, parameters: Parameters) -> str:
    """``sindex/NAMESPACE/NAME``: the same; the list of indexes without a name."""
    namespace, name = [*parameters.path, "", ""][:2]
    if (namespace or len(parameters.path) > 1) and namespace not in node.namespaces:
        return "ns_type=unknown"
    if len(parameters.path) > 1:
        return _statistics(node, namespace, name)
    return ";".join(_all_described(node, [namespace] if namespace else list(node.namespaces), encoded=False)[0])


def _statistics(node: Node, namespace: str, name: str) -> str:
    index = node.indexes.get(namespace, name)
    if index is None:
        raise InfoRefusal(ResultCode.INDEX_NOT_FOUND, "no index")
    now = node.clock.milliseconds()
    contents = node.namespaces[namespace].contents(index, now)
    if contents.complete:
        contents.refresh(now)
    if index.set_index:
        return f"entries={contents.size};used_bytes=0;load_pct={contents.progress}"
    averages = "entries_per_bval=0;entries_per_rec=0"
    return (
        f"entries={contents.size};used_bytes={_INDEX_ARENA};{averages};load_pct={contents.progress}"
        ";load_time=0;stat_gc_recs=0"
    )
