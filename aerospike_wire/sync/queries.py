"""The blocking client's queries and scans."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aerospike_wire import facade
from aerospike_wire.query import jobs
from aerospike_wire.query.builder import QueryBase, ScanBase, StreamBase, check_callback, check_mapping
from aerospike_wire.transport.blocking import run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType
    from typing import Self

    from aerospike_wire.facade import ErrorHook, Given
    from aerospike_wire.policy import InfoPolicy, QueryPolicy, ScanPolicy, WritePolicy
    from aerospike_wire.proto.commands.query import Predicate
    from aerospike_wire.types import Record


class Queries(facade.Facade):
    """Calls that find records."""

    __slots__ = ()

    def query(self, namespace: str, set: str | None = None) -> Query:
        """Begin a query of a set, or of a namespace (protocol section 5).

        Args:
            namespace: the namespace.
            set: the set, None for all records of the namespace.

        Returns:
            A query to be narrowed and run.

        Raises:
            ParamError: the namespace or set cannot be one.
        """
        return Query(self._core, namespace, set)

    def scan(self, namespace: str, set: str | None = None) -> Scan:
        """Begin a scan of a set, or of a namespace: a query without a predicate (protocol section 5).

        Args:
            namespace: the namespace.
            set: the set, None for all records of the namespace.

        Returns:
            A scan to be narrowed and run.

        Raises:
            ParamError: the namespace or set cannot be one.
        """
        return Scan(self._core, namespace, set)

    def query_apply(
        self,
        ns: str,
        set: str | None,
        predicate: Predicate,
        module: str,
        function: str,
        args: list[Any] | None = None,
        policy: Given[WritePolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> ExecuteTask:
        """Apply a Lua function to all records of a query, and wait until that is done.

        Args:
            ns: the namespace.
            set: the set, None for all records of the namespace.
            predicate: made by :mod:`aerospike_wire.predicates`.
            module: the module's name, without ``.lua``.
            function: the function's name.
            args: what it gets besides the record.
            policy: WritePolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Returns:
            The finished job; it is the job's number, too.

        Raises:
            IndexNotFound: there is no index for the predicate.
            AerospikeError: the job could not be started everywhere, or not be waited for.
        """
        query = self.query(ns, set).where(predicate).apply(module, function, args)
        task = query.execute_background(policy, error_hook=error_hook)
        task.wait(error_hook=error_hook)
        return task

    def scan_apply(
        self,
        ns: str,
        set: str | None,
        module: str,
        function: str,
        args: list[Any] | None = None,
        policy: Given[ScanPolicy] = None,
        options: Mapping[str, Any] | None = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> ExecuteTask:
        """Apply a Lua function to all records of a set or namespace, and wait until that is done.

        Args:
            ns: the namespace.
            set: the set, None for all records of the namespace.
            module: the module's name, without ``.lua``.
            function: the function's name.
            args: what it gets besides the record.
            policy: ScanPolicy, or a dict with its names.
            options: taken as the official client does; nothing in them matters any more.
            error_hook: one more hook or mapping for errors, for this call.

        Returns:
            The finished job; it is the job's number, too.

        Raises:
            AerospikeError: the job could not be started everywhere, or not be waited for.
        """
        check_mapping("options", options)
        scan = self.scan(ns, set).apply(module, function, args)
        task = scan.execute_background(policy, error_hook=error_hook)
        task.wait(error_hook=error_hook)
        return task

    def job_info(
        self,
        job_id: int,
        module: str,
        policy: Given[InfoPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> dict[str, int]:
        """How far a job in the background is (protocol section 5.8).

        Args:
            job_id: its number.
            module: ``query`` or ``scan``.
            policy: InfoPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Returns:
            ``progress_pct`` in percent, ``records_read``, and ``status``: 1 while a node
            works on it, 2 otherwise, also if no node knows it.

        Raises:
            AerospikeError: a node could not be asked.
        """
        return run(jobs.info(self._core, job_id, module, policy, error_hook))

    def job_abort(
        self,
        job_id: int,
        module: str = "query",
        policy: Given[InfoPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> bool:
        """End a query or a job in the background on all nodes (protocol section 5.8).

        What it has changed stays changed.

        Args:
            job_id: its number.
            module: ``query`` or ``scan``.
            policy: InfoPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Returns:
            True if a node worked on it.

        Raises:
            AerospikeError: a node could not be asked.
        """
        return run(jobs.abort(self._core, job_id, module, policy, error_hook))


class RecordStream(StreamBase):
    """The records of a query that is running, as they come.

    Iterate over it. Leaving the loop early drops it, and that closes the links it reads
    from; so do :meth:`close` and the end of a ``with`` block.
    """

    __slots__ = ()

    def __iter__(self) -> Self:
        """Itself: the records can be taken once."""
        return self

    def __next__(self) -> Record:
        """The next record.

        Raises:
            AerospikeError: the query could not be completed; ``error.context`` says how far
                it came and has the cursor to go on with.
        """
        query = self._run
        at = query.taken
        if at >= len(query.portion):
            if not run(query.more()):
                raise StopIteration
            at = 0
        query.taken = at + 1
        record: Record = query.portion[at]
        return record

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()


class ExecuteTask(jobs.TaskBase):
    """A job in the background: its number, which knows how to look after it."""

    def status(self, policy: Given[InfoPolicy] = None, *, error_hook: ErrorHook | None = None) -> jobs.JobStatus:
        """What the nodes say of the job.

        Args:
            policy: InfoPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            AerospikeError: a node could not be asked.
        """
        return run(jobs.status(self._core, int(self), self.module, policy, error_hook))

    def progress(self, policy: Given[InfoPolicy] = None, *, error_hook: ErrorHook | None = None) -> float:
        """Percent of the job that are done, of the node that is furthest behind.

        Args:
            policy: InfoPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            AerospikeError: a node could not be asked.
        """
        return run(jobs.status(self._core, int(self), self.module, policy, error_hook)).progress

    def done(self, policy: Given[InfoPolicy] = None, *, error_hook: ErrorHook | None = None) -> bool:
        """True if no node works on the job any more.

        Args:
            policy: InfoPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            AerospikeError: a node could not be asked.
        """
        return run(jobs.status(self._core, int(self), self.module, policy, error_hook)).done

    def wait(
        self,
        timeout: float | None = None,
        policy: Given[InfoPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> jobs.JobStatus:
        """Wait until no node works on the job any more.

        Args:
            timeout: milliseconds to wait at most; None for no limit.
            policy: InfoPolicy, or a dict with its names, for the questions.
            error_hook: one more hook or mapping for errors, for this call.

        Returns:
            How it ended; ``failed`` counts the records that could not be changed.

        Raises:
            TimeoutError: it was still running. It goes on.
            ScanAbortedError: somebody ended it.
            AerospikeError: a node could not be asked, or gave the job up.
        """
        return run(jobs.wait(self._core, self, timeout, policy, error_hook))

    def abort(self, policy: Given[InfoPolicy] = None, *, error_hook: ErrorHook | None = None) -> bool:
        """End the job on all nodes. What it has changed stays changed.

        Args:
            policy: InfoPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Returns:
            True if a node worked on it.

        Raises:
            AerospikeError: a node could not be asked.
        """
        return run(jobs.abort(self._core, int(self), self.module, policy, error_hook))


class Scan(ScanBase):
    """A scan that has not been run yet. Iterating over it runs it."""

    __slots__ = ()

    def __iter__(self) -> RecordStream:
        """Run the scan, record by record."""
        return self.records()

    def records(
        self,
        policy: Given[ScanPolicy] = None,
        options: Mapping[str, bool] | None = None,
        nodename: str | None = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> RecordStream:
        """Run the scan and give its records one by one, in no particular order.

        Of what the nodes send only a bounded part is held here: who takes the records
        slowly slows the nodes down. A node that waits longer than ``socket_timeout`` for
        its records to be taken ends its stream; it is then asked again for the rest.

        Args:
            policy: ScanPolicy or QueryPolicy, or a dict with its names.
            options: ``{"nobins": True}`` for keys and metadata only.
            nodename: name of the only node to ask, for what it is master of; None for all nodes.
            error_hook: one more hook or mapping for errors, for this call.

        Returns:
            A stream; nothing is sent before its first record is asked for.
        """
        return RecordStream(self._begin(policy, options, error_hook, nodename))

    def results(
        self,
        policy: Given[ScanPolicy] = None,
        nodename: str | None = None,
        *,
        options: Mapping[str, bool] | None = None,
        error_hook: ErrorHook | None = None,
    ) -> list[Record]:
        """Run the scan and collect all records, in no particular order.

        Args:
            policy: ScanPolicy or QueryPolicy, or a dict with its names.
            options: ``{"nobins": True}`` for keys and metadata only.
            nodename: name of the only node to ask, for what it is master of; None for all nodes.
            error_hook: one more hook or mapping for errors, for this call.

        Returns:
            The records; after ``apply()`` the function's values instead.

        Raises:
            AerospikeError: the scan failed; ``error.context`` says how far it came.
        """
        return run(self._begin(policy, options, error_hook, nodename).collect())

    def foreach(
        self,
        callback: Callable[[Record], Any],
        policy: Given[ScanPolicy] = None,
        options: Mapping[str, bool] | None = None,
        nodename: str | None = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Run the scan and call a function with every record.

        Args:
            callback: gets each record; if it returns False, the scan ends there. What it
                raises ends the scan too and comes out as it is.
            policy: ScanPolicy or QueryPolicy, or a dict with its names.
            options: ``{"nobins": True}`` for keys and metadata only.
            nodename: name of the only node to ask, for what it is master of; None for all nodes.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            AerospikeError: the scan failed; ``error.context`` says how far it came.
        """
        check_callback(callback)
        run(self._begin(policy, options, error_hook, nodename).feed(callback))

    def execute_background(
        self, policy: Given[ScanPolicy] = None, *, error_hook: ErrorHook | None = None
    ) -> ExecuteTask:
        """Let the nodes change the records, by the writes of ``add_ops`` or the function of ``apply``.

        Records are changed one by one, as the nodes come to them; none is created. What
        fails for single records is counted and not raised.

        Args:
            policy: ScanPolicy, or a dict with its names; its filter expression counts.
            error_hook: one more hook or mapping for errors, for this call.

        Returns:
            The job, to be waited for or not; it is the job's number, too.

        Raises:
            ParamError: there is nothing to do, or something to be read.
            AerospikeError: a node did not take the job. Others may have: ``error.context``
                has its number.
        """
        command = self._job(policy)
        return ExecuteTask(self._core, run(jobs.start(self._core, command, error_hook)), self._method)


class Query(QueryBase):
    """A query that has not been run yet. Iterating over it runs it."""

    __slots__ = ()

    def __iter__(self) -> RecordStream:
        """Run the query, record by record."""
        return self.records()

    def records(
        self,
        policy: Given[QueryPolicy] = None,
        options: Mapping[str, bool] | None = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> RecordStream:
        """Run the query and give its records one by one, in no particular order.

        Of what the nodes send only a bounded part is held here: who takes the records
        slowly slows the nodes down. A node that waits longer than ``socket_timeout`` for
        its records to be taken ends its stream; it is then asked again for the rest.

        Args:
            policy: QueryPolicy, or a dict with its names.
            options: ``{"nobins": True}`` for keys and metadata only.
            error_hook: one more hook or mapping for errors, for this call.

        Returns:
            A stream; nothing is sent before its first record is asked for.
        """
        return RecordStream(self._begin(policy, options, error_hook))

    def results(
        self,
        policy: Given[QueryPolicy] = None,
        options: Mapping[str, bool] | None = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> list[Record]:
        """Run the query and collect all records, in no particular order.

        Args:
            policy: QueryPolicy, or a dict with its names.
            options: ``{"nobins": True}`` for keys and metadata only.
            error_hook: one more hook or mapping for errors, for this call.

        Returns:
            The records; after ``apply()`` the function's values instead.

        Raises:
            IndexNotFound: there is no index for the predicate.
            AerospikeError: the query failed in another way; ``error.context`` says how far it came.
        """
        return run(self._begin(policy, options, error_hook).collect())

    def foreach(
        self,
        callback: Callable[[Record], Any],
        policy: Given[QueryPolicy] = None,
        options: Mapping[str, bool] | None = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Run the query and call a function with every record.

        Args:
            callback: gets each record; if it returns False, the query ends there. What it
                raises ends the query too and comes out as it is.
            policy: QueryPolicy, or a dict with its names.
            options: ``{"nobins": True}`` for keys and metadata only.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            IndexNotFound: there is no index for the predicate.
            AerospikeError: the query failed in another way; ``error.context`` says how far it came.
        """
        check_callback(callback)
        run(self._begin(policy, options, error_hook).feed(callback))

    def execute_background(
        self, policy: Given[WritePolicy] = None, *, error_hook: ErrorHook | None = None
    ) -> ExecuteTask:
        """Let the nodes change the records, by the writes of ``add_ops`` or the function of ``apply``.

        Records are changed one by one, as the nodes come to them; none is created. What
        fails for single records is counted and not raised.

        Args:
            policy: WritePolicy, or a dict with its names; its filter expression counts.
            error_hook: one more hook or mapping for errors, for this call.

        Returns:
            The job, to be waited for or not; it is the job's number, too.

        Raises:
            ParamError: there is nothing to do, or something to be read.
            IndexNotFound: there is no index for the predicate.
            AerospikeError: a node did not take the job. Others may have: ``error.context``
                has its number.
        """
        command = self._job(policy)
        return ExecuteTask(self._core, run(jobs.start(self._core, command, error_hook)), self._method)
