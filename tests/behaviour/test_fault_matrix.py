"""Every family of commands x fault x moment: exception, doubt and fate of the connection, as the documentation says."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fault_matrix
import pytest
from cases import Cases, for_each
from fault_matrix import FAMILIES, FAULTS, Family, Fault

from aerospike_wire.embedded import EmbeddedServer

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE = Path(__file__).parents[2] / "docs" / "fault-matrix.md"


USERS = {"jane": ("secret", ["read-write", "user-admin"])}


def _node(family: Family) -> EmbeddedServer:
    """A node for cells of a family; one with users for the commands about them."""
    return EmbeddedServer(users=USERS if family.secured else None)


@pytest.mark.parametrize("family", FAMILIES, ids=[family.name for family in FAMILIES])
async def test_cells(own_client: Callable[..., Any], family: Family) -> None:
    """Each cell is what the table says."""
    with _node(family) as server, Cases() as cases:
        for fault in FAULTS:
            if not fault.waits:
                with cases.case(fault.name):
                    server.clear()
                    await try_cell(own_client, server, family, fault)


@for_each("family", FAMILIES, ids=[family.name for family in FAMILIES], at_once=14)
@for_each("fault", [fault for fault in FAULTS if fault.waits], ids=lambda fault: fault.name)
async def test_cells_that_wait(own_client: Callable[..., Any], family: Family, fault: Fault) -> None:
    """So are those in which a client waits until a timeout."""
    with _node(family) as server:
        await try_cell(own_client, server, family, fault)


async def try_cell(own_client: Callable[..., Any], server: EmbeddedServer, family: Family, fault: Fault) -> None:
    """One cell, with a client of its own."""
    login = {"user": "jane", "password": "secret"} if family.secured else {}
    async with own_client(server.address, **login) as client:
        if fault.error is asyncio.CancelledError and client.kind == "sync":
            pytest.skip("there are no tasks in blocking code")
        if family.fault == "apply":
            await client.udf_put("matrix.lua", source=fault_matrix.LUA)
        assert await fault_matrix.outcome(client, server, family, fault) == fault.expected(family)


def test_the_page_is_current() -> None:
    """The table in the documentation is this one; ``python tests/fault_matrix.py`` writes it."""
    assert PAGE.read_text() == fault_matrix.page()
