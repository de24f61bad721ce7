"""Tail calls in compiled modules."""

from __future__ import annotations

import pytest

from aerospike_wire import lua
from aerospike_wire.lua import tailcalls
from aerospike_wire.lua.state import lupa

pytestmark = pytest.mark.skipif(not lua.available(), reason="needs lupa")

SOURCE = b"""
local own = function(...) return ... end
function by_field(x, ...) return list.size(x and 1 or 2, {x}, ...) end
function by_method(x, ...) return x:size(...) end
function by_name(x) return size(function() return list.size(x) end, 1.5, -7, 'a long constant, of more than forty bytes, as such') end
function others(x) if x then return own(x) end return list.other(x), list.size(x) end
"""
"""Four calls of ``size`` that take the place of their callers; the last is no tail call."""


def compiled(source: bytes) -> bytes:
    dumped = lupa().LuaRuntime(encoding=None).execute(b"return string.dump(load(...))", source)
    assert isinstance(dumped, bytes)
    return dumped


def test_chosen_calls_are_changed() -> None:
    """Those of the names that are given, each in its one instruction."""
    dumped = compiled(SOURCE)
    made = tailcalls.plain(dumped, {b"size"})
    assert made is not None
    pairs = zip(dumped, made, strict=True)
    assert sum((one & 0x7F, other & 0x7F) == (69, 68) for one, other in pairs) == 4
    assert tailcalls.plain(made, {b"size"}) is None
    assert tailcalls.plain(dumped, {b"nothing"}) is None


def test_unknown_forms_are_left_alone() -> None:
    """Whatever is cut short, or of another version, is not touched."""
    dumped = compiled(SOURCE)
    for size in range(len(dumped)):
        assert tailcalls.plain(dumped[:size], {b"size"}) is None
    assert tailcalls.plain(dumped[:4] + b"\x53" + dumped[5:], {b"size"}) is None
