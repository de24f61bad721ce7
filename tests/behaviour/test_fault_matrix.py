"""Every family of commands x fault x moment: exception, doubt and fate of the connection, as the documentation says."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fault_matrix
import pytest
from fault_matrix import FAMILIES, FAULTS

from aerospike_wire.embedded import EmbeddedServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PAGE = Path(__file__).parents[2] / "docs" / "fault-matrix.md"


@pytest.fixture(scope="module")
def node() -> Iterator[EmbeddedServer]:
    """One node for nearly all cells."""
    with EmbeddedServer() as one:
        yield one


@pytest.fixture(scope="module")
def secured() -> Iterator[EmbeddedServer]:
    """One with users, for the commands about them."""
    with EmbeddedServer(users={"jane": ("secret", ["read-write", "user-admin"])}) as one:
        yield one


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.name for fault in FAULTS])
@pytest.mark.parametrize("family", FAMILIES, ids=[family.name for family in FAMILIES])
async def test_cell(
    make_client: Callable[..., Any], node: EmbeddedServer, secured: EmbeddedServer, family: Any, fault: Any
) -> None:
    """The cell is what the table says."""
    server = secured if family.secured else node
    client = make_client(server.address, **({"user": "jane", "password": "secret"} if family.secured else {}))
    if fault.error is asyncio.CancelledError and client.kind == "sync":
        pytest.skip("there are no tasks in blocking code")
    try:
        if family.fault == "apply":
            await client.udf_put("matrix.lua", source=fault_matrix.LUA)
        found = await fault_matrix.outcome(client, server, family, fault)
    finally:
        server.faults.clear()
    assert found == fault.expected(family)


def test_the_page_is_current() -> None:
    """The table in the documentation is this one; ``python tests/fault_matrix.py`` writes it."""
    assert PAGE.read_text() == fault_matrix.page()
