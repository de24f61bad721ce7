"""The asyncio client's calls on nodes and their data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aerospike_wire import facade
from aerospike_wire.proto.commands.info import Info, Truncate

if TYPE_CHECKING:
    from aerospike_wire.facade import ErrorHook, Given
    from aerospike_wire.policy import (
        InfoPolicy,
    )


class Nodes(facade.Facade):
    """Calls on nodes and their data."""

    __slots__ = ()

    async def truncate(
        self,
        namespace: str,
        set: str | None,
        nanos: int = 0,
        policy: Given[InfoPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Delete all records of a set or namespace that were last written before a time (protocol section 9.5).

        Args:
            namespace: the namespace.
            set: the set, None for the whole namespace.
            nanos: nanoseconds since 1970, 0 for now.
            policy: InfoPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            AerospikeError: the call failed; which class, and what it carries, the code decides.
        """
        await self._core.execute(Truncate(policy, namespace, set, nanos), error_hook)

    async def info_random_node(
        self,
        command: str,
        policy: Given[InfoPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> str:
        """Ask one node, by chance, for information (protocol section 9).

        Args:
            command: the info command.
            policy: InfoPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Returns:
            The answer as the node sent it: command, tab, value, newline.

        Raises:
            AerospikeError: the call failed; which class, and what it carries, the code decides.
        """
        return await self._core.execute(Info(policy, command), error_hook)
