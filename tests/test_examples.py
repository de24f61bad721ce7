"""The examples run and say what they promise."""

from __future__ import annotations

import asyncio
import runpy
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aerospike_wire import Client
from aerospike_wire.embedded import EmbeddedServer

if TYPE_CHECKING:
    import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"


def test_failures_on_request(capsys: pytest.CaptureFixture[str]) -> None:
    """A refusal, a lost answer that was written, and a timeout."""
    asyncio.run(runpy.run_path(str(EXAMPLES / "failures_on_request.py"))["main"]())
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == [
        "refused, safe to repeat: True",
        "answer lost, in doubt: True",
        "it was written all the same: {'paid': True}",
    ]
    assert lines[3].startswith("TimeoutError (9) in get test/orders/7: the total timeout passed")


def test_errors_as_data(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """One piece is sold, and what was never there is out of stock by the program's own word."""
    program: dict[str, Any] = runpy.run_path(str(EXAMPLES / "errors_as_data.py"))
    with EmbeddedServer() as server:
        monkeypatch.setitem(program["main"].__globals__, "Client", lambda hosts, **more: Client(server.address, **more))
        program["main"]()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "lamps left: 2"
    assert lines[1].startswith("out of stock: RecordNotFound (2) in get test/stock/'unicorn'")
