"""Secondary indexes: created and waited for, removed, listed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from aerospike_wire.errors import ResultCode
from aerospike_wire.info import IndexStatistics
from aerospike_wire.management.steps import SPREAD, Steps
from aerospike_wire.proto.commands.base import ServerWords
from aerospike_wire.proto.commands.indexes import (
    IndexCreate,
    IndexExists,
    IndexList,
    IndexRemove,
    IndexStat,
    SetIndexCreate,
)
from aerospike_wire.proto.info_values import number
from aerospike_wire.trouble import Trouble

if TYPE_CHECKING:
    from aerospike_wire.core import Core
    from aerospike_wire.facade import ErrorHook
    from aerospike_wire.info import Value

Create: TypeAlias = IndexCreate | SetIndexCreate

_STRICT_HINT = "strict=True asks before it acts; without it servers say ok"


async def create(core: Core, command: Create, hook: ErrorHook | None, *, wait: bool, strict: bool) -> None:
    """Create an index, and wait until queries can use it."""
    steps = Steps(core, hook)
    if strict:
        await steps.begin(command)
        await _must_be_new(steps, command)
    await steps.ask(command)
    if wait:
        await _until_ready(steps, command, command.method or command.operation)


async def _must_be_new(steps: Steps, command: Create) -> None:
    listing = IndexList(command.policy, command.namespace, command.method or command.operation)
    for row in await steps.ask(listing):
        if row.name == command.name:
            words = f"the namespace has an index {row.name!r} already"
        elif command.same_definition(row):
            words = f"the same index exists as {row.name!r}; creating it would only rename it"
        else:
            continue
        steps.fail(Trouble(ResultCode.INDEX_FOUND, words, words=ServerWords(hint=_STRICT_HINT), final=True), command)


async def remove(core: Core, command: IndexRemove, hook: ErrorHook | None, *, strict: bool) -> None:
    """Remove an index."""
    steps = Steps(core, hook)
    if strict:
        await steps.begin(command)
        found = await steps.ask(
            IndexExists(command.policy, command.namespace, None, command.name, method=command.operation)
        )
        if not found:
            words = f"the namespace has no index {command.name!r}"
            hint = ServerWords(hint=_STRICT_HINT)
            steps.fail(Trouble(ResultCode.INDEX_NOT_FOUND, words, words=hint, final=True), command)
    await steps.ask(command)


async def wait(core: Core, namespace: Any, name: Any, policy: Any, hook: ErrorHook | None) -> None:
    """Wait until queries can use an index on every node."""
    steps = Steps(core, hook)
    command = IndexStat(policy, namespace, None, name, method="index_wait")
    await steps.begin(command)
    await _until_ready(steps, command, "index_wait")


async def _until_ready(steps: Steps, command: Create | IndexStat, method: str) -> None:
    seen: set[str] = set()

    async def ready() -> bool:
        for node in steps.nodes():
            found: dict[str, Value] | None = await steps.ask(
                IndexStat(
                    command.policy,
                    command.namespace,
                    command.set,
                    command.name,
                    method=method,
                    node=node.name,
                    absent_is_none=True,
                )
            )
            if found is None:
                # Right after its creation an index is not known everywhere.
                if node.name in seen or steps.waited() > SPREAD:
                    words = f"node {node.name} has no index {command.name!r}"
                    words += "; it was removed meanwhile" if node.name in seen else f" after {steps.waited():.0f} s"
                    steps.fail(Trouble(ResultCode.INDEX_NOT_FOUND, words, final=True), command)
                return False
            seen.add(node.name)
            if number(found, "load_pct") < 100:
                return False
        return True

    await steps.until(ready, command, f"the index {command.name!r} is not built on every node")


async def stat(core: Core, namespace: Any, name: Any, policy: Any, hook: ErrorHook | None) -> IndexStatistics:
    """What all nodes say of an index."""
    steps = Steps(core, hook)
    await steps.begin(IndexStat(policy, namespace, None, name))
    nodes: dict[str, dict[str, Value]] = {}
    for node in steps.nodes():
        nodes[node.name] = await steps.ask(IndexStat(policy, namespace, None, name, node=node.name))
    return IndexStatistics(
        namespace,
        name,
        min((number(values, "load_pct") for values in nodes.values()), default=0),
        sum(number(values, "entries") for values in nodes.values()),
        sum(number(values, "used_bytes", "memory_used") for values in nodes.values()),
        nodes,
    )
