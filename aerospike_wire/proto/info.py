"""The info protocol: lines of text (protocol section 9)."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from aerospike_wire.errors import ProtocolError
from aerospike_wire.errors.codes import ResultCode
from aerospike_wire.proto.header import FrameType, frame
from aerospike_wire.proto.invalid import InvalidArgument, utf8

if TYPE_CHECKING:
    from collections.abc import Iterable


def request(commands: Iterable[str]) -> bytes:
    """A frame that asks for the commands, one line each."""
    return frame(FrameType.INFO, "".join(f"{command}\n" for command in commands).encode())


def parse(body: bytes | bytearray | memoryview) -> list[tuple[str, str]]:
    """The lines of a reply as (command, value), in order.

    A line without a tab is an answer to the request as a whole, an error; its command
    is empty.

    Raises:
        ProtocolError: the text is not UTF-8.
    """
    try:
        text = bytes(body).decode()
    except UnicodeDecodeError as error:
        msg = f"an info reply is not UTF-8 at byte {error.start}"
        raise ProtocolError(msg) from None
    rows = []
    for line in text.split("\n"):
        if line:
            name, tab, value = line.partition("\t")
            rows.append((name, value) if tab else ("", name))
    return rows


class InfoError(NamedTuple):
    """An error in an info reply."""

    code: int
    message: str | None
    """The server's words; None if it sent none."""
    details: dict[str, str]
    """Further ``key=value`` parts, as udf-put sends them for a compile error."""


_GENERAL: Final = re.compile(r"(?i:ERROR|FAIL)(?::(-?[0-9]{0,9}))?(?::(.*))?\Z", re.DOTALL)
_WORDS: Final = re.compile(r"(?i:ERROR|FAIL):(.*)\Z", re.DOTALL)
_UNKNOWN_NAMESPACE: Final = ("ns_type=unknown", "type=unknown")


def error_of(value: str) -> InfoError | None:
    """The error that an info value is, None if it is none.

    All forms that servers have used are understood: ``ERROR:4:text``, ``ERROR::text``
    (code 1), ``FAIL:201:text``, ``FAIL``, ``ERROR:text``, ``error=name;key=value`` of the
    UDF commands (code 100), and the unknown-namespace values of ``sets/`` and
    ``namespace/`` (code 20).
    """
    head = value[:6].lower()
    if head.startswith("error="):
        return _udf_error(value)
    if head.startswith(("error", "fail")):
        found = _GENERAL.match(value)
        if found:
            digits, text = found.groups()
            code = (int(digits) if digits and digits != "-" else 0) or ResultCode.SERVER.value
            if text and ";message=" in text:
                # How servers newer than 8.1.2 tell of a module that does not compile.
                word, _, parts = text.partition(";")
                return _with_details(code, word, dict(part.partition("=")[::2] for part in parts.split(";")))
            return InfoError(code, text or None, {})
        words = _WORDS.match(value)
        if words:
            return InfoError(ResultCode.SERVER.value, words[1], {})
        return None
    if value in _UNKNOWN_NAMESPACE:
        return InfoError(ResultCode.NAMESPACE_NOT_FOUND.value, None, {})
    return None


def _udf_error(value: str) -> InfoError:
    details = dict(part.partition("=")[::2] for part in value.split(";") if "=" in part)
    return _with_details(ResultCode.UDF.value, details.get("error", "").replace("_", " "), details)


def _with_details(code: int, message: str, details: dict[str, str]) -> InfoError:
    encoded = details.get("message")
    if encoded:
        try:
            details["message"] = base64.b64decode(encoded, validate=True).decode(errors="replace")
        except ValueError:
            details["message"] = encoded
        place = f" in {details['file']}" if details.get("file") else ""
        line = f" line {details['line']}" if details.get("line") else ""
        message = f"{message}{place}{line}: {details['message']}"
    return InfoError(code, message, details)


_PARAMETERS: Final = {
    "namespace": "namespace", "ns": "namespace", "id": "namespace",
    "set": "set", "indexname": "index", "filename": "module",
}  # fmt: skip
"""Parameters of info commands that say what they are about."""
_PATHS: Final = {
    "namespace": ("namespace",), "sets": ("namespace", "set"), "bins": ("namespace",),
    "sindex": ("namespace", "index"), "sindex-stat": ("namespace", "index"),
}  # fmt: skip
"""What the parts of ``name/part/part`` are."""
_ID_IS_NAMESPACE: Final = frozenset({"get-config", "set-config"})


def subject_of(command: str) -> dict[str, str]:
    """What an info command is about, read from its parameters: namespace, set, index, module."""
    line = command.partition("\n")[0]
    name, mark, rest = re.match(r"([^:/]*)([:/]?)(.*)", line, re.DOTALL).groups()  # type: ignore[union-attr]  # matches anything
    if mark == "/":
        return {what: part for what, part in zip(_PATHS.get(name, ()), rest.split("/"), strict=False) if part}
    found: dict[str, str] = {}
    for part in rest.split(";"):
        key, equals, value = part.partition("=")
        what = _PARAMETERS.get(key)
        if equals and value and what is not None and (key != "id" or name in _ID_IS_NAMESPACE):
            found.setdefault(what, value)
    return found


def parameter(argument: str, value: str) -> str:
    """A value that may stand in an info command.

    Raises:
        InvalidArgument: it holds a character that would end the value or the command.
    """
    if not isinstance(value, str):
        raise InvalidArgument(argument, f"must be a str, not {type(value).__name__}")
    if any(char in value for char in ";\n\t\r\0"):
        raise InvalidArgument(argument, f"must not hold ';', tab, newline or NUL: {value!r}")
    utf8(argument, value)
    return value
