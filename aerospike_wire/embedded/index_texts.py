"""How index definitions are written for people: contexts and expressions as text."""

from __future__ import annotations

from typing import Any, Final

from aerospike_wire.types import GeoJSON, KeyOrderedDict

_STEPS: Final = {
    0x10: "list_index",
    0x11: "list_rank",
    0x13: "list_value",
    0x20: "map_index",
    0x21: "map_rank",
    0x22: "map_key",
    0x23: "map_value",
}

_BIN_NAMES: Final = {
    1: "bin_bool", 2: "bin_int", 3: "bin_str", 4: "bin_list", 5: "bin_map", 6: "bin_blob", 7: "bin_float",
    8: "bin_geojson", 9: "bin_hll",
}  # fmt: skip
_SAME_AS_ARGUMENTS: Final = {
    0: "unknown", 1: "eq", 2: "ne", 3: "gt", 4: "ge", 5: "lt", 6: "le", 8: "cmp_geo", 9: "in_list",
    16: "and", 17: "or", 18: "not", 19: "exclusive",
    20: "add", 21: "sub", 22: "mul", 23: "div", 24: "pow", 25: "log", 26: "mod", 27: "abs", 29: "ceil",
    30: "to_int", 31: "to_float",
    32: "int_and", 33: "int_or", 34: "int_xor", 35: "int_not", 36: "int_lshift", 37: "int_rshift",
    38: "int_arshift", 39: "int_count", 40: "int_lscan", 41: "int_rscan",
    50: "min", 51: "max", 101: "map_keys", 102: "map_values", 123: "cond",
}  # fmt: skip
"""Names of operations that are written with their arguments in order."""
_IN_CONTEXT: Final = 255
_SELECT: Final = 254
_EXPRESSION_STEP: Final = 4
_KEYS_STEP: Final = 42
_MODIFIES: Final = 0x40
"""Flag of a call's module."""
_CREATES: Final = 0xC0
"""Flags of a step that makes what is not there."""
_LISTS_AND_MAPS: Final = 0
_CALLS: Final = {
    _LISTS_AND_MAPS: {
        1: "list_append", 2: "list_append_items", 3: "list_insert", 4: "list_insert_items", 9: "list_set",
        11: "list_clear", 12: "list_increment", 13: "list_sort", 16: "list_size", 19: "list_get_by_index",
        21: "list_get_by_rank", 22: "INVALID_CDT_OP", 23: "list_get_by_value_list", 24: "list_get_by_index_range",
        25: "list_get_by_value_range", 26: "list_get_by_rank_range", 27: "list_get_by_rel_rank_range",
        32: "list_remove_by_index", 34: "list_remove_by_rank", 35: "list_remove_by_value",
        36: "list_remove_by_value_list", 37: "list_remove_by_index_range", 39: "list_remove_by_rank_range",
        40: "list_remove_by_rel_rank_range",
        67: "map_put", 73: "map_increment", 75: "map_clear", 76: "map_remove_by_key", 77: "map_remove_by_index",
        79: "map_remove_by_rank", 81: "map_remove_by_key_list", 82: "INVALID_CDT_OP",
        83: "map_remove_by_value_list", 84: "map_remove_by_key_range", 85: "map_remove_by_index_range",
        86: "map_remove_by_value_range", 87: "map_remove_by_rank_range", 88: "map_remove_by_rel_index_range",
        89: "map_remove_by_rel_rank_range", 96: "map_size", 97: "map_get_by_key", 98: "map_get_by_index",
        100: "map_get_by_rank", 102: "map_get_by_value", 103: "map_get_by_key_range",
        104: "map_get_by_index_range", 105: "map_get_by_value_range", 106: "map_get_by_rank_range",
        107: "map_get_by_key_list", 108: "map_get_by_value_list", 109: "map_get_by_rel_index_range",
        110: "map_get_by_rel_rank_range",
    },
    1: {
        0: "bit_resize", 1: "bit_insert", 2: "bit_remove", 3: "bit_set", 4: "bit_or", 5: "bit_xor", 6: "bit_and",
        7: "bit_not", 8: "bit_lshift", 9: "bit_rshift", 10: "bit_add", 11: "bit_subtract", 12: "bit_set_int",
        50: "bit_get", 51: "bit_count", 52: "bit_lscan", 53: "bit_rscan", 54: "bit_get_int",
    },
    2: {0: "hll_init", 1: "hll_add", 50: "hll_get_count", 55: "hll_describe"},
}  # fmt: skip
"""Names of the operations of each module: lists and maps, bits, sketches."""


class _NoTextError(Exception):
    """A server writes it in a way that is not known here."""


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
    """An expression as text, like ``add(bin_int("a"), 1)``; None for what has no known name."""
    try:
        return _expression(item)
    except _NoTextError:
        return None


def _expression(item: Any, names: tuple[str, ...] = ()) -> str:
    """The text of an expression; variables, whose names are given, have numbers in it."""
    if isinstance(item, dict):
        return f"<map#{len(item) + isinstance(item, KeyOrderedDict)}>"  # the order is an entry, too
    if isinstance(item, GeoJSON):
        return f"<geojson#{len(item.encode(errors='surrogateescape'))}>"
    if isinstance(item, str | bytes | bool | float | int) or item is None:
        return _shown(item)
    if not isinstance(item, list) or not item:
        raise _NoTextError
    code, *arguments = item
    if code in _SAME_AS_ARGUMENTS:
        return f"{_SAME_AS_ARGUMENTS[code]}({_joined(arguments, names)})"
    match code, arguments:
        case 81, [kind, name] if kind in _BIN_NAMES:
            return f'{_BIN_NAMES[kind]}("{_name(name)}")'
        case 82, [name]:
            return f'bin_type("{_name(name)}")'
        case 64, [divisor]:
            return f"digest_modulo({_expression(divisor)})"
        case 7, [options, pattern, text]:
            size = len(_name(pattern).encode(errors="surrogateescape"))
            return f"cmp_regex(<string#{size}>, {options}, {_expression(text, names)})"
        case 124, [name] if _name(name) in names:
            return f'var("var_{len(names) - 1 - names[::-1].index(_name(name))}")'
        case 125, [*definitions, scope]:
            parts = []
            for name, value in zip(definitions[::2], definitions[1::2], strict=True):
                parts.append(f"def(var_{len(names)}, {_expression(value, names)})")
                names = (*names, _name(name))
            return f"let({', '.join([*parts, _expression(scope, names)])})"
        case 126, [list() as items]:
            return f"<list#{len(items)}>"
        case 127, [_, int() as module, list() as operation, operand] if operation:
            return _call(module & ~_MODIFIES, operation, operand, names)
    raise _NoTextError


def _joined(items: list[Any], names: tuple[str, ...]) -> str:
    return ", ".join(_expression(item, names) for item in items)


def _call(module: int, operation: list[Any], operand: Any, names: tuple[str, ...]) -> str:
    """An operation of a module on what an expression gives; those of lists and maps begin with a path."""
    parts: list[str] = []
    if module == _LISTS_AND_MAPS:
        if operation[0] == _SELECT and len(operation) == 3:
            return f"select({_path(operation[1], names)}, {operation[2]:#x}, {_expression(operand, names)})"
        parts.append("NULL")
        if operation[0] == _IN_CONTEXT and len(operation) == 3:
            parts = [_path(operation[1], names)]
            operation = operation[2]
    name = _CALLS.get(module, {}).get(operation[0])
    if name is None or any(isinstance(argument, dict) for argument in operation[1:]):
        raise _NoTextError
    parts += [_expression(argument, names) for argument in (*operation[1:], operand)]
    return f"{name}({', '.join(parts)})"


def _path(steps: list[Any], names: tuple[str, ...]) -> str:
    parts = []
    for kind, value in zip(steps[::2], steps[1::2], strict=True):
        if kind == _EXPRESSION_STEP:
            parts.append(f"exp({_expression(value, names)})")
        elif kind & ~_CREATES in _STEPS and not isinstance(value, list | dict):
            parts.append(f"{_STEPS[kind & ~_CREATES]}({_shown(value)})")
        elif kind in _STEPS and not value:
            parts.append(f"{_STEPS[kind]}(ctx-error-display)")
            break
        elif kind == _KEYS_STEP:
            parts.append(f"map_key_list({_shown(value)})")
        else:
            raise _NoTextError
    return f"[{', '.join(parts)}]"


def _name(item: Any) -> str:
    # Names are strings without a type byte; the decoder takes their first byte for one.
    if isinstance(item, str):
        return item
    data = bytes((item.type,)) + item.data if hasattr(item, "data") else bytes(item)
    return data.decode(errors="surrogateescape")
