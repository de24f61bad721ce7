"""Lua modules: registered and removed, and waited for on every node."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aerospike_wire.errors import ResultCode
from aerospike_wire.management.steps import SPREAD, Steps
from aerospike_wire.proto.commands.base import ServerWords
from aerospike_wire.proto.commands.modules import UdfList, UdfPut, UdfRemove
from aerospike_wire.trouble import Trouble

if TYPE_CHECKING:
    from aerospike_wire.core import Core
    from aerospike_wire.facade import ErrorHook


async def put(core: Core, command: UdfPut, hook: ErrorHook | None, *, wait: bool) -> None:
    """Register a module, and wait until every node has it."""
    steps = Steps(core, hook)
    await steps.ask(command)
    if not wait:
        return
    hashed = command.hash

    async def there() -> bool:
        for node in steps.nodes():
            listing = UdfList(command.policy, command.name, method=command.operation, node=node.name)
            found = [row["hash"] for row in await steps.ask(listing) if row["name"] == command.name]
            # The hash tells this text from an older one of the same name. Whoever replaced it
            # meanwhile, or a server that hashes otherwise, must not be waited for without end.
            if not found or (found[0] != hashed and steps.waited() < SPREAD):
                return False
        return True

    await steps.until(there, command, f"the module {command.name!r} is not registered on every node")


async def remove(core: Core, command: UdfRemove, hook: ErrorHook | None, *, wait: bool, strict: bool) -> None:
    """Remove a module, and wait until no node has it."""
    steps = Steps(core, hook)
    if strict:
        await steps.begin(command)
        listing = UdfList(command.policy, command.filename, method=command.operation)
        if all(row["name"] != command.filename for row in await steps.ask(listing)):
            words = "not found"
            hint = f"no module {command.filename!r} is registered; without strict=True servers say ok"
            steps.fail(Trouble(ResultCode.UDF, words=ServerWords(words, hint=hint), final=True), command)
    await steps.ask(command)
    if not wait:
        return

    async def gone() -> bool:
        for node in steps.nodes():
            listing = UdfList(command.policy, command.filename, method=command.operation, node=node.name)
            if any(row["name"] == command.filename for row in await steps.ask(listing)):
                return False
        return True

    await steps.until(gone, command, f"the module {command.filename!r} is still registered on a node")
