"""The official client's ``Query`` and ``Scan``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from aerospike_wire.compat.constants import TTL_CLIENT_DEFAULT
from aerospike_wire.compat.contexts import contexts_of
from aerospike_wire.compat.helpers.expressions.resources import bytes_of
from aerospike_wire.compat.keys import text_of
from aerospike_wire.compat.operations import operations_of
from aerospike_wire.compat.predicates import predicate_of
from aerospike_wire.compat.refusal import refused
from aerospike_wire.errors import AerospikeError, ClientError
from aerospike_wire.partition_filter import pid_of
from aerospike_wire.policy import QueryPolicy, ScanPolicy, WritePolicy
from aerospike_wire.proto import msgpack
from aerospike_wire.proto.invalid import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    from aerospike_wire.compat.calls.base import Base
    from aerospike_wire.policy import Policy as PolicyClass
    from aerospike_wire.types import Record

Policy = dict[str, Any] | None
Options = dict[str, Any] | None
Row = tuple[Any, ...]


class Scan:
    """All records of a set or namespace. Made by ``client.scan()``."""

    ttl: int
    """Seconds to live of records that ``execute_background`` writes."""

    _policy_class: ClassVar[type[PolicyClass]] = ScanPolicy
    _background_class: ClassVar[type[PolicyClass]] = ScanPolicy

    def __new__(cls, *_: Any, **__: Any) -> Self:
        """Not for programs."""
        raise TypeError(f"cannot create 'aerospike.{cls.__name__}' instances")

    @classmethod
    def of(cls, client: Base, native: Any) -> Self:
        """That of a client.

        Args:
            client: the façade's client.
            native: this client's own scan or query.
        """
        made = object.__new__(cls)
        made._client = client
        made._native = native
        made._tracked = False
        native.ttl = 0
        made._selected = False
        made._function = None
        return made

    _client: Base
    _native: Any
    _selected: bool
    _tracked: bool
    _function: tuple[str, str] | None

    def __getattr__(self, name: str) -> Any:
        """``ttl``, and for queries ``max_records`` and ``records_per_second``."""
        if name in self._numbers:
            found = getattr(self._native, name)
            return TTL_CLIENT_DEFAULT if found is None else found
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self._numbers:
            if isinstance(value, bool) or not isinstance(value, int):
                raise TypeError(f"{name} must be an int, not {type(value).__name__}")
            if name == "ttl" and value == TTL_CLIENT_DEFAULT:
                value = None  # what the policy says
            setattr(self._native, name, value)
        else:
            object.__setattr__(self, name, value)

    _numbers: ClassVar[frozenset[str]] = frozenset({"ttl"})

    def select(self, *bins: str) -> Self:
        """Read only these bins."""
        if self._selected:
            raise ClientError(f"{type(self).__name__}.select() cannot be called more than once on the same instance.")
        for name in bins:
            if not isinstance(name, str | bytes | bytearray):
                raise refused("bins", "Bin name should be of type string")
        self._native.select(*map(text_of, bins))
        self._selected = True
        return self

    def add_ops(self, ops: list[dict[str, Any]]) -> Self:
        """Operations for ``execute_background``, or that give bins."""
        if not isinstance(ops, list):
            raise refused("ops", "ops should be a list of op dictionaries")
        client = self._client
        self._native.add_ops(operations_of(ops, client._translator, validate=client._validate, argument="ops"))
        return self

    def apply(self, module: str, function: str, arguments: list[Any] | None = None) -> Self:
        """A Lua function: for ``execute_background`` on records, for ``results`` on the stream of them."""
        for name, value in (("module", module), ("function", function)):
            if not isinstance(value, str):
                raise refused(name, f"udf {name} argument must be a string")
        if not module and not function:
            return self  # as the official client has it: no function at all
        if arguments is not None and not isinstance(arguments, list):
            raise ClientError("udf function arguments must be enclosed in a list")
        values = self._client._translator.inward(arguments)
        try:
            msgpack.pack(values, "arguments")
        except InvalidArgument as error:
            raise ClientError(f"udf function argument type must be supported by Aerospike: {error}") from None
        self._native.apply(module, function, values)
        return self

    def paginate(self) -> None:
        """Give the records in pages."""
        self._native.paginate()
        self._tracked = True

    def is_done(self) -> bool:
        """True if every partition has been read to its end."""
        return bool(self._native.is_done())

    def get_partitions_status(self) -> dict[Any, Any]:
        """Where the query stands, for ``partition_filter["partition_status"]``.

        Empty if the query neither has pages nor was run with a ``partition_filter``.
        """
        if not self._tracked:
            return {}
        found: dict[Any, Any] = self._native.get_partitions_status()
        return {key: tuple(row) if isinstance(row, tuple) else row for key, row in found.items()}

    def results(self, policy: Policy = None, nodename: str | None = None) -> list[Any]:
        """All records, each ``(key, meta, bins)``."""
        return self._collect(policy, None, **self._node(nodename))

    def foreach(
        self, callback: Callable[..., Any], policy: Policy = None, options: Options = None, nodename: str | None = None
    ) -> None:
        """Call a function with every record.

        Args:
            callback: gets the record, and before it the partition if the policy has a
                ``partition_filter``. If it returns False, the scan ends there.
            policy: policy of scans.
            options: ``{"nobins": True}`` for keys and meta data only.
            nodename: name of the only node to ask.

        Raises:
            ClientError: the callback raised, which is the cause.
        """
        self._feed(callback, policy, options, **self._node(nodename))

    def execute_background(self, policy: Policy = None) -> int:
        """Let the nodes change the records.

        Returns:
            Number of the job, for ``client.job_info``.
        """
        return int(self._native.execute_background(self._client._policy(self._background_class, policy)))

    # Shared with queries

    def _node(self, nodename: Any) -> dict[str, str]:
        """The argument for a scan of one node; none for all of them."""
        if nodename is None:
            return {}
        if not isinstance(nodename, str):
            raise refused("nodename", "nodename must be a string")
        if nodename not in {node.name for node in self._client._core.cluster.active()}:
            raise refused("nodename", f"Invalid node name: {nodename}")
        return {"nodename": nodename}

    def _options(self, options: Any) -> dict[str, bool] | None:
        if options is None:
            return None
        if not isinstance(options, dict):
            raise refused("options", "query options must be a dictionary")
        nobins = options.get("nobins", False)
        if not isinstance(nobins, bool):
            raise refused("options", "nobins value must be a bool")
        return {"nobins": True} if nobins else None

    def _policy(self, policy: Any) -> dict[str, Any] | None:
        given = self._client._policy(self._policy_class, policy)
        if given and given.get("partition_filter"):
            # As the official client has it, the next run of this query goes on where this one stops.
            self._native.paginate()
            self._tracked = True
        return given

    def _over(self) -> bool:
        return self._tracked and bool(self._native.is_done())

    def _collect(self, policy: Any, options: Any, **where: str) -> list[Any]:
        given = self._policy(policy)
        if self._over():
            return []
        rows = self._native.results(given, options=self._options(options), **where)
        return [self._row(row) for row in rows]

    def _row(self, record: Any) -> Any:
        """A record as the official client gives it; what aggregations give as it is."""
        translator = self._client._translator
        if not isinstance(record, tuple):
            return translator.outward(record)
        (namespace, set_name, user_key, digest), meta, bins = record
        key = (namespace, set_name, user_key, bytearray(digest))
        return (key, meta, translator.record_bins(bins or {}))

    def _feed(self, callback: Any, policy: Any, options: Any, **where: str) -> None:
        if not callable(callback):
            raise ClientError("Callback must be callable")
        given = self._policy(policy)
        partitioned = bool(given and given.get("partition_filter"))
        if self._over():
            return
        found: list[BaseException] = []

        def call(record: Record) -> Any:
            row = self._row(record)
            try:
                wanted = callback(pid_of(record.key.digest or b""), row) if partitioned else callback(row)
            except Exception as error:  # noqa: BLE001  it is the cause of what is raised below
                found.append(error)
                wanted = False
            if wanted is False:
                # Unlike here, the record that ended the query is given again by the next one that goes on.
                running = self._native._run
                if running is not None and running.taken and running.portion[running.taken - 1] is record:
                    running.taken -= 1
            return wanted

        self._native.foreach(call, given, options=self._options(options), **where)
        if found:
            error = found[0]
            if isinstance(error, AerospikeError):
                raise error
            raise ClientError(f"Callback function raised {type(error).__name__}: {error}") from error


class Query(Scan):
    """Records of a set or namespace that a predicate finds. Made by ``client.query()``."""

    max_records: int
    records_per_second: int

    _policy_class = QueryPolicy
    _background_class = WritePolicy
    _numbers = frozenset({"ttl", "max_records", "records_per_second"})

    def where(self, predicate: tuple[Any, ...], ctx: list[Any] | None = None) -> Self:
        """Find records by a secondary index.

        Args:
            predicate: made by ``aerospike.predicates``.
            ctx: where in the bin the indexed value is.
        """
        contexts = contexts_of(ctx, self._client._translator)
        found = predicate_of(predicate)
        if found.bin is None:
            raise refused("predicate", "predicate is invalid.")
        self._native.where(found, contexts)
        return self

    def where_with_index_name(self, index_name: str, predicate: tuple[Any, ...]) -> Self:
        """Find records by the secondary index of this name."""
        if not isinstance(index_name, str):
            raise TypeError(f"index_name must be a str, not {type(index_name).__name__}")
        self._native.where_with_index_name(index_name, predicate_of(predicate))
        return self

    def where_with_expr(self, expr: Any, predicate: tuple[Any, ...]) -> Self:
        """Find records by the secondary index on the values of a compiled expression, or of its base64 text."""
        found = expr if isinstance(expr, str) else bytes_of(expr, self._client._translator)
        self._native.where_with_expr(found, predicate_of(predicate))
        return self

    def results(self, policy: Policy = None, options: Options = None) -> list[Any]:  # type: ignore[override]
        """All records, each ``(key, meta, bins)``; or what the function of ``apply`` makes of them."""
        return self._collect(policy, options)

    def foreach(  # type: ignore[override]
        self, callback: Callable[..., Any], policy: Policy = None, options: Options = None
    ) -> None:
        """Call a function with every record.

        Raises:
            ClientError: the callback raised, which is the cause.
        """
        self._feed(callback, policy, options)
