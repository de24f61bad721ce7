"""The asyncio client: signatures and documentation; what happens is in :mod:`aerospike_wire.core`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aerospike_wire.aio.admin import Users
from aerospike_wire.aio.batches import Batches
from aerospike_wire.aio.indexes import Indexes
from aerospike_wire.aio.info import Nodes
from aerospike_wire.aio.metrics import Metrics
from aerospike_wire.aio.queries import AsyncExecuteTask, AsyncQuery, AsyncRecordStream, AsyncScan, Queries
from aerospike_wire.aio.records import Records
from aerospike_wire.aio.roles import Roles
from aerospike_wire.aio.transactions import AsyncTransactionBlock, Transactions
from aerospike_wire.aio.udf import Functions
from aerospike_wire.deadline import Deadline
from aerospike_wire.secret import concealed
from aerospike_wire.transport.aio import AsyncRuntime

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType
    from typing import Self

    from aerospike_wire.facade import ErrorHook
    from aerospike_wire.serializer import Serializer

__all__ = ["AsyncClient", "AsyncExecuteTask", "AsyncQuery", "AsyncRecordStream", "AsyncScan", "AsyncTransactionBlock"]


class AsyncClient(Records, Batches, Queries, Indexes, Functions, Nodes, Users, Roles, Transactions, Metrics):
    """A client for asyncio.

    Use it from one event loop. Any number of tasks may share it; their commands
    share a few connections.

    The first call connects, or :meth:`connect`, or entering the context.

    Args:
        hosts: where to begin: ``"host:port"``, several of these joined by commas, a list
            of them or of ``(host, port[, tls_name])``, or the official client's
            configuration dict with ``hosts``, ``policies``, ``user``, ``password`` ...
        error_hooks: functions or mappings that may replace errors, applied in order.
        error_detail: ``"full"``, or ``"digest"`` to keep user keys out of errors.
        serializer: what makes blobs of values that have no type on the server, and values
            of blobs that are read: a Serializer, anything else with ``dumps`` and ``loads``,
            or a pair of both. None: such values are refused, and blobs are bytes.
        settings: further settings by their names in the configuration dict.

    Raises:
        ParamError: a setting is unknown or not acceptable. Nothing is connected yet.
    """

    __slots__ = ()

    def __init__(
        self,
        hosts: str | Sequence[Any] | Mapping[str, Any],
        *,
        error_hooks: Sequence[ErrorHook] = (),
        error_detail: str = "full",
        serializer: Serializer | Any = None,
        **settings: Any,
    ) -> None:
        hosts, settings = concealed(hosts), concealed(settings)
        super().__init__(AsyncRuntime(), hosts, error_hooks, error_detail, {**settings, "serializer": serializer})

    async def connect(self) -> Self:
        """Find the cluster, unless that was done before.

        Returns:
            This client.

        Raises:
            AerospikeError: no seed could be used; ``context.seeds`` tells for each which
                step failed, and the cause groups the errors if there are several.
        """
        await self._core.connect()
        return self

    async def close(self) -> None:
        """Close all connections. Calls under way fail; later calls raise ClusterError."""
        await self._core.close()

    async def __aenter__(self) -> Self:
        return await self.connect()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def deadline(self, seconds: float) -> Deadline:
        """A limit of time for every call inside ``with client.deadline(0.2):``, whatever their policies allow.

        It holds for batches, queries and connecting too, for every client, and in tasks that
        are started inside. Inside another block it can only shorten the time. A call that it
        ends raises TimeoutError.

        Args:
            seconds: from the entry of the block.

        Raises:
            ParamError: ``seconds`` is no number, or negative.
        """
        return Deadline(seconds)

    def with_error_hook(self, error_hook: ErrorHook) -> Self:
        """A client on the same connections whose errors pass through one more hook.

        Args:
            error_hook: a function from Failure to an exception or None, or a mapping from
                result codes or exception classes to exception classes.

        Raises:
            ParamError: it is neither.
        """
        return self._sibling(self._core.sibling(error_hook))
