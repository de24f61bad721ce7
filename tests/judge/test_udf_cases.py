"""A short run of the random Lua functions: both clients get the same of them from the embedded node."""

from __future__ import annotations

import pytest
from judge import udf_cases
from judge.udf_differential import Sides

from aerospike_wire import lua
from aerospike_wire.embedded import EmbeddedServer

FUNCTIONS = 24

pytestmark = [
    pytest.mark.skipif(not lua.available(), reason="modules need lupa"),
    pytest.mark.filterwarnings("ignore:.*:DeprecationWarning"),
]


def test_both_clients_get_the_same() -> None:
    """The same values, texts and records, and errors of the same class, code and doubt."""
    with EmbeddedServer(namespaces=("test,ttl=off", "bar,ttl=off")) as node, Sides({"node": node.address}) as sides:
        assert list(map(str, sides.differences(1, FUNCTIONS))) == []


def test_steps_are_many_and_harmless() -> None:
    """No function of the library is left out altogether, and nothing is done that a server does not survive."""
    drawer = udf_cases.Drawer(1)
    for name, kinds in (row for calls in udf_cases.CALLS for row in calls):
        assert any(udf_cases.is_harmless(drawer.call(name, kinds)) for _ in range(50)), name
    assert all(udf_cases.is_harmless(step) for step in udf_cases.module(2)[1][0].steps)


def test_what_is_alike() -> None:
    """Paths, addresses and names of variables do not count; anything else does."""
    one = "/opt/lua/m.lua:7: attempt to index a Record value (local 'r') at 0x12345678"
    assert udf_cases.alike(("a", [one])) == udf_cases.alike(
        ("a", ["/srv/m.lua:7: attempt to index a Record value at 0x87654321"])
    )
    assert udf_cases.alike(one) != udf_cases.alike(one.replace(":7:", ":8:"))
