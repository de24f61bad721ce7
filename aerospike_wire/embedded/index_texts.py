"""How index definitions are written for people: contexts and expressions as text."""

from __future__ import annotations

from typing import Any, Final

_STEPS: Final = {
    0x10: "list_index",
    0x11: "list_rank",
    0x13: "list_value",
    0x20: "map_index",
    0x21: "map_rank",
    0x22: "map_key",
    0x23: "map_value",
}

_BIN: Final = 81
_BIN_NAMES: Final = {
    1: "bin_bool", 2: "bin_int", 3: "bin_str", 4: "bin_list", 5: "bin_map", 6: "bin_blob", 7: "bin_float",
    8: "bin_geo", 9: "bin_hll",
}  # fmt: skip
_SAME_AS_ARGUMENT: Final = {20: "add", 21: "sub", 22: "mul", 23: "div", 27: "abs", 50: "min", 51: "max"}
_DIGEST_MODULO: Final = 64


def context(steps: list[Any]) -> str | None:
    """A path into a bin, as ``[map_key(<string#1>)]``; None if a step has no known name."""
    parts = []
    for kind, value in zip(steps[::2], steps[1::2], strict=True):
        if kind not in _STEPS:
            return None
        parts.append(f"{_STEPS[kind]}({_shown(value)})")
    return f"[{', '.join(parts)}]"


def _shown(value: Any) -> str:
    # Contents of texts and blobs stay hidden, as on a server; their size is told.
    if isinstance(value, str):
        return f"<string#{len(value.encode(errors='surrogateescape'))}>"
    if isinstance(value, bytes):
        return f"<blob#{len(value)}>"
    if value is None:
        return "nil"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | dict):
        return f"<{type(value).__name__.replace('dict', 'map')}#{len(value)}>"
    if isinstance(value, float):
        return f"{value:f}"
    return str(value)


def expression(item: Any) -> str | None:
    """Bins and arithmetic as text, like ``add(bin_int("a"), 1)``; None for all else."""
    if isinstance(item, int | float) and not isinstance(item, bool):
        return str(item)
    if not isinstance(item, list) or not item:
        return None
    code, *arguments = item
    if code == _BIN and len(arguments) == 2 and arguments[0] in _BIN_NAMES:
        return f'{_BIN_NAMES[arguments[0]]}("{_name(arguments[1])}")'
    if code == _DIGEST_MODULO and len(arguments) == 1:
        return f"digest_modulo({arguments[0]})"
    if code in _SAME_AS_ARGUMENT:
        parts = [expression(argument) for argument in arguments]
        if None not in parts:
            return f"{_SAME_AS_ARGUMENT[code]}({', '.join(part for part in parts if part)})"
    return None


def _name(item: Any) -> str:
    # Names are strings without a type byte; the decoder takes their first byte for one.
    if isinstance(item, str):
        return item
    data = bytes((item.type,)) + item.data if hasattr(item, "data") else bytes(item)
    return data.decode(errors="surrogateescape")
