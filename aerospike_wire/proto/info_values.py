"""What stands in the values of info answers (protocol section 9.2)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from aerospike_wire.info import IndexInfo

if TYPE_CHECKING:
    from aerospike_wire.info import Value

_INTEGER: Final = re.compile(r"-?[0-9]{1,18}\Z")
_FLOAT: Final = re.compile(r"-?[0-9]{1,18}\.[0-9]{1,18}\Z")


def scalar(text: str) -> Value:
    """A number, a truth or, whatever else it is, the text."""
    if _INTEGER.match(text):
        return int(text)
    if _FLOAT.match(text):
        return float(text)
    if text in ("true", "false"):
        return text == "true"
    return text


def pairs(text: str, separator: str = ";") -> dict[str, str]:
    """``name=value`` parts; what has no ``=`` is left out."""
    return {name: value for name, equals, value in (part.partition("=") for part in text.split(separator)) if equals}


def facts(text: str, separator: str = ";") -> dict[str, Value]:
    """The same with values read."""
    return {name: scalar(value) for name, value in pairs(text, separator).items()}


def rows(text: str, separator: str = ":") -> list[dict[str, str]]:
    """Entries that each end, or are divided, by ``;``."""
    return [pairs(row, separator) for row in text.split(";") if row]


def names(text: str) -> list[str]:
    """A list of names, perhaps an empty one."""
    return [name for name in text.split(";") if name]


def number(values: dict[str, Value], *keys: str) -> int:
    """The first of several statistics that a server has, 0 if it has none as a number."""
    for key in keys:
        value = values.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return int(value)
    return 0


def index_row(row: dict[str, str]) -> IndexInfo:
    """An entry of ``sindex-list``, of any server version."""
    return IndexInfo(
        row.get("indexname", ""),
        row.get("ns", ""),
        _given(row.get("set")),
        _given(row.get("bin")),
        _given(row.get("type", "").lower()),
        (_given(row.get("indextype")) or "default").lower(),
        _given(row.get("context")),
        _given(row.get("exp")),
        _given(row.get("state")),
        {name: scalar(value) for name, value in row.items()},
    )


def _given(text: str | None) -> str | None:
    return None if text is None or text.lower() in ("", "null") else text


def bin_names(text: str) -> list[str]:
    """The bins of ``bins/NAMESPACE``, which servers before 7.0 know: two figures stand before them."""
    return [name for name in text.split(",") if name and not name.startswith(("bin_names=", "bin_names_quota="))]
