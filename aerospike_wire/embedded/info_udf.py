"""Info commands about Lua modules."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Final

from aerospike_wire.embedded.info_parameters import OK

if TYPE_CHECKING:
    from aerospike_wire.embedded.info_parameters import Parameters
    from aerospike_wire.embedded.node import Node, Session

MAX_SOURCE: Final = 1024 * 1024
"""Bytes of a module's text."""

MAX_FILE_NAME: Final = 127
"""Bytes of a module's file name."""


_MAX_DIGITS: Final = 10
_BAD_FILE_NAME: Final = "error=invalid_filename"


def _file_name(parameters: Parameters) -> str | None:
    name = parameters.find("filename")
    return None if name is None or len(name.encode(errors="surrogateescape")) > MAX_FILE_NAME else name


def put(node: Node, _session: Session, parameters: Parameters) -> str:
    """``udf-put``: register a module, if its text is Lua."""
    name = _file_name(parameters)
    dot = -1 if name is None else name.find(".")
    if name is None or dot <= 0 or dot == len(name) - 1:
        return _BAD_FILE_NAME
    length = parameters.find("content-len")
    if length is None or len(length) > _MAX_DIGITS:
        return "error=invalid_content_len"
    if parameters.find("udf-type") not in (None, "LUA"):
        return "error=invalid_udf_type"
    length = length or "0"
    if not (length.isascii() and length.isdecimal()) or int(length) % 4:
        return "error=invalid_content_len"
    content = parameters.find("content")
    if content is None or len(content) != int(length):
        return "error=invalid_content"
    if not content:
        return "error=invalid_base64_content"
    if len(content) // 4 * 3 > MAX_SOURCE:
        return "error=invalid_udf_content_len,>1M"
    try:
        source = base64.b64decode(content, validate=True)
    except binascii.Error:
        return "error=invalid_base64_content"
    problem = node.modules.problem(source, name)
    if problem is not None:
        message = base64.b64encode(problem.message).decode()
        return f"error=compile_error;file={problem.file};line={problem.line};message={message}"
    node.modules.register(name, source)
    return OK


def get(node: Node, _session: Session, parameters: Parameters) -> str:
    """``udf-get``: a module's text."""
    name = _file_name(parameters)
    if name is None:
        return _BAD_FILE_NAME
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
    name = _file_name(parameters)
    if name is None:
        return _BAD_FILE_NAME
    node.modules.remove(name)
    return OK


def clear_cache(node: Node, _session: Session, _parameters: Parameters) -> str:
    """``udf-clear-cache``: drop the Lua states that are kept between calls."""
    node.modules.clear()
    return OK
