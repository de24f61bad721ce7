"""Our two clients fare with the embedded node as the official client did with a real one, and say more.

The calls and outcomes are those of the official Python client 19.3.0 with a server 8.1.2.0
Community Edition. Class, code and doubt of every error must be the same, but for the
differences in the tables; on top of that an error must carry the facts of its request.
"""

from __future__ import annotations

import asyncio
import inspect
from typing import TYPE_CHECKING, Any, Final

import attrs
import gold
import pytest
from judge import calls
from judge.calls import NotInterpreted, Ours, Scenario
from judge.states import LASTING, misbehave, more_namespaces, unused_port

from aerospike_wire import AsyncClient, Client
from aerospike_wire.embedded import EmbeddedServer
from aerospike_wire.errors import AerospikeError, class_of

if TYPE_CHECKING:
    from collections.abc import Callable

CLIENTS: Final = {"async": AsyncClient, "sync": Client}
SCENARIOS: Final = calls.load()

OTHER_ERROR: Final[dict[str, tuple[str, int]]] = {}
OTHER_RESULT: Final[dict[str, str]] = {}
LEFT_OUT: Final[dict[str, str]] = {}


@attrs.frozen
class Outcome:
    error: BaseException | None = None
    result: Any = None


async def attempt(client: Any, dialect: Ours, recorded: dict[str, Any], compiled: bytes | None = None) -> Outcome:
    """Make a recorded call and see what comes of it."""
    target = client
    try:
        for step in dialect.steps(recorded, compiled):
            method = getattr(client if step.fresh else target, step.method, None)
            if method is None:
                raise NotInterpreted(step.method)
            target = method(*step.args, **step.kwargs)
            if inspect.isawaitable(target):
                target = await target
    except (AerospikeError, TypeError) as error:
        return Outcome(error)
    return Outcome(result=target)
