"""Queries, scans and their jobs."""

from __future__ import annotations

from typing import Any

from aerospike_wire.compat.calls.base import Base
from aerospike_wire.compat.query import Query, Scan
from aerospike_wire.compat.refusal import refused
from aerospike_wire.policy import InfoPolicy, ScanPolicy, WritePolicy

Policy = dict[str, Any] | None
_NONE: Any = []
"""No arguments; nothing is ever put in."""


class Queries(Base):
    """Queries, scans and their jobs."""

    def query(self, namespace: str | None = None, set: str | None = None) -> Query:
        """Begin a query of a set, or of a namespace."""
        self._check(namespace, set)
        return Query.of(self, self._native.query(str(namespace), set))

    def scan(self, namespace: str | None = None, set: str | None = None) -> Scan:
        """Begin a scan of a set, or of a namespace."""
        self._check(namespace, set)
        return Scan.of(self, self._native.scan(str(namespace), set))

    def _check(self, namespace: Any, set_name: Any) -> None:
        self._check_open()
        if not isinstance(namespace, str):
            raise refused("namespace", "Parameters are incorrect: namespace must be a string")
        if set_name is not None and not isinstance(set_name, str):
            raise refused("set", "Set should be string, unicode or None")

    def query_apply(
        self,
        ns: str,
        set: str | None,
        predicate: tuple[Any, ...],
        module: str,
        function: str,
        args: list[Any] = _NONE,
        policy: Policy = None,
    ) -> int:
        """Apply a Lua function to the records that a predicate finds, in the background.

        Returns:
            Number of the job, for ``job_info``.
        """
        if not isinstance(ns, str):
            raise TypeError(f"query_apply() argument 1 must be str, not {type(ns).__name__}")
        query = self.query(ns, set)
        query.where(predicate)
        self._check_function(module, function, args)
        query.apply(module, function, args)
        return int(query._native.execute_background(self._policy(WritePolicy, policy)))

    def scan_apply(
        self,
        ns: str,
        set: str | None,
        module: str,
        function: str,
        args: list[Any] = _NONE,
        policy: Policy = None,
        options: dict[str, Any] | None = None,
    ) -> int:
        """Apply a Lua function to all records of a set or namespace, in the background.

        Returns:
            Number of the job, for ``job_info``.
        """
        if not isinstance(ns, str):
            raise TypeError(f"scan_apply() argument 1 must be str, not {type(ns).__name__}")
        if options is not None and not isinstance(options, dict):
            raise refused("options", "options must be a dict")
        if not isinstance((options or {}).get("concurrent", False), bool):
            raise refused("options", "Invalid value for concurrent: it must be a bool")
        scan = self.scan(ns, set)
        self._check_function(module, function, args)
        scan.apply(module, function, args)
        return int(scan._native.execute_background(self._policy(ScanPolicy, policy)))

    def _check_function(self, module: Any, function: Any, args: Any) -> None:
        for name, value in (("module", module), ("function", function)):
            if not isinstance(value, str):
                raise refused(name, f"{name} name should be string")
        if not isinstance(args, list):
            raise refused("args", "Arguments should be a list")

    def job_info(self, job_id: int, module: str, policy: Policy = None) -> dict[str, int]:
        """How far a job is: ``progress_pct``, ``records_read`` and ``status`` (``JOB_STATUS_...``)."""
        if isinstance(job_id, bool) or not isinstance(job_id, int):
            raise TypeError(f"job_info() argument 1 must be int, not {type(job_id).__name__}")
        if not isinstance(module, str):
            raise TypeError(f"job_info() argument 2 must be str, not {type(module).__name__}")
        if module not in ("query", "scan"):
            raise refused("module", "Module can have only two values: aerospike.JOB_SCAN or aerospike.JOB_QUERY")
        return dict(self._native.job_info(job_id, module, self._policy(InfoPolicy, policy)))
