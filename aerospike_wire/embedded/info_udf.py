"""Info commands about Lua modules."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Final

from aerospike_wire.embedded import lua
from aerospike_wire.embedded.info_parameters import OK

if TYPE_CHECKING:
    from aerospike_wire.embedded.info_parameters import Parameters
    from aerospike_wire.embedded.node import Node, Session

MAX_SOURCE: Final = 1024 * 1024
"""Bytes of a module's text."""

_FILE_NAME: Final = re.compile(r"[A-Za-z0-9_$-][A-Za-z0-9._$-]{0,126}\Z")


def put(node: Node, _session: Session, parameters: Parameters) -> str:
    """``udf-put``: register a module, if its text is Lua."""
    name = parameters.find("filename") or ""
    dot = name.find(".")
    if not _FILE_NAME.match(name) or dot < 0 or dot == len(name) - 1:
        return "error=invalid_filename"
    length = parameters.find("content-len") or ""
    if (parameters.find("udf-type") or "LUA") != "LUA":
        return "error=invalid_udf_type"
    if not length.isdecimal() or int(length) % 4:
        return "error=invalid_content_len"
    content = parameters.find("content")
    if content is None or len(content) != int(length):
        return "error=invalid_content"
    if len(content) // 4 * 3 > MAX_SOURCE:
        return "error=invalid_udf_content_len,>1M"
    try:
        source = base64.b64decode(content, validate=True)
    except binascii.Error:
        return "error=invalid_base64_content"
    problem = lua.source_error(source)
    if problem is not None:
        message = base64.b64encode(problem.message).decode()
        return f"error=compile_error;file={name};line={problem.line};message={message}"
    node.modules.register(name, source)
    return OK


def get(node: Node, _session: Session, parameters: Parameters) -> str:
    """``udf-get``: a module's text."""
    name = parameters.find("filename") or ""
    if not _FILE_NAME.match(name):
        return "error=invalid_filename"
    source = node.modules.sources.get(name)
    if source is None:
        return "error=not_found"
    if not source:
        return "error=empty"
    return f"type=LUA;content={base64.b64encode(source).decode()};"


def listing(node: Node, _session: Session, _parameters: Parameters) -> str:
    """``udf-list``: all modules with their hashes."""
    modules = node.modules
    return "".join(f"filename={name},hash={modules.hash_of(name)},type=LUA;" for name in sorted(modules.sources))


def remove(node: Node, _session: Session, parameters: Parameters) -> str:
    """``udf-remove``: forget a module; fine if there is none."""
    name = parameters.find("filename") or ""
    if not _FILE_NAME.match(name):
        return "error=invalid_filename"
    node.modules.remove(name)
    return OK


def clear_cache(node: Node, _session: Session, _parameters: Parameters) -> str:
    """``udf-clear-cache``: drop the Lua states that are kept between calls."""
    node.modules.clear()
    return OK
