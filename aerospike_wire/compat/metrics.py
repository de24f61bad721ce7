"""Metrics in the official client's form: its policy and objects, its listeners, its log files."""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from aerospike_wire import metrics as ours
from aerospike_wire.compat.helpers import metrics as theirs
from aerospike_wire.compat.refusal import refused
from aerospike_wire.errors import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import TextIO

_KINDS: Final = ("conn", "write", "read", "batch", "query")
_LONGEST_DIR: Final = 256
_LEAST_SIZE: Final = 1_000_000
"""Bytes that a limit for the files must allow."""
_NUMBERS: Final = {
    "report_size_limit": (64, 2**64),
    "interval": (32, 2**32),
    "latency_columns": (8, 2**8),
    "latency_shift": (8, 2**8),
}
_LISTENERS: Final = ("enable_listener", "snapshot_listener", "node_close_listener", "disable_listener")


def _wrong(field: str, kind: str) -> Exception:
    return refused(field, f"MetricsPolicy.{field} must be a {kind} type")


def checked(policy: Any) -> theirs.MetricsPolicy:
    """The policy, its own defaults if there is none.

    Raises:
        ParamError: it is of another type, or has a value that is.
    """
    if policy is None:
        return theirs.MetricsPolicy()
    if not isinstance(policy, theirs.MetricsPolicy):
        raise refused("policy", "policy parameter must be an aerospike_helpers.MetricsPolicy type")
    listeners = policy.metrics_listeners
    if listeners is not None:
        if not isinstance(listeners, theirs.MetricsListeners):
            raise _wrong("metrics_listeners", "aerospike_helpers.metrics.MetricsListeners")
        for name in _LISTENERS:
            if not callable(getattr(listeners, name)):
                raise _wrong(f"metrics_listeners.{name}", "callable")
    if not isinstance(policy.report_dir, str):
        raise _wrong("report_dir", "str")
    if len(policy.report_dir) >= _LONGEST_DIR:
        raise refused("report_dir", f"MetricsPolicy.report_dir must be less than {_LONGEST_DIR} chars")
    for name, (bits, limit) in _NUMBERS.items():
        value = getattr(policy, name)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < limit:
            raise _wrong(name, f"unsigned {bits}-bit integer")
    labels: Any = policy.labels
    if not isinstance(labels, dict) or not all(isinstance(text, str) for pair in labels.items() for text in pair):
        raise _wrong("labels", "dict[str, str]")
    if 0 < policy.report_size_limit < _LEAST_SIZE and listeners is None:
        raise ClientError(f"MetricsPolicy.report_size_limit must be 0 or at least {_LEAST_SIZE}")
    return policy


# The official client's objects


def _connections(stats: ours.ConnectionStats) -> theirs.ConnectionStats:
    found = theirs.ConnectionStats()
    found.in_use, found.in_pool, found.opened, found.closed = stats.in_use, stats.in_pool, stats.opened, stats.closed
    # Late answers are drained on connections that stay in the pool, so none leaves it to be recovered.
    found.recovered = found.aborted = 0
    return found


def _namespace(stats: ours.NamespaceMetrics, node: ours.NodeStats, columns: int) -> theirs.NamespaceMetrics:
    found = theirs.NamespaceMetrics()
    found.ns = stats.ns
    found.bytes_in = found.bytes_out = 0
    failures = (0, 0, 0) if stats.ns else (node.error_count, node.timeout_count, node.key_busy_count)
    found.error_count, found.timeout_count, found.key_busy_count = failures
    for kind in _KINDS:
        counts = getattr(stats, f"{kind}_latency")
        setattr(found, f"{kind}_latency", counts or [0] * columns)
    return found


def node_of(stats: ours.NodeStats, columns: int) -> theirs.Node:
    """A node and its metrics."""
    found = theirs.Node()
    found.name, found.address, found.port = stats.name, stats.address, stats.port
    found.conns = _connections(stats.conns)
    # As there, work outside of any namespace comes first, also if there was none yet.
    spaces = {"": ours.NamespaceMetrics("", {}), **{space.ns: space for space in stats.metrics}}
    found.metrics = [_namespace(space, stats, columns) for space in spaces.values()]
    return found


def cluster_of(stats: ours.ClientStats, columns: int) -> theirs.Cluster:
    """All nodes and their metrics."""
    found = theirs.Cluster()
    found.cluster_name, found.app_id = stats.cluster_name, stats.app_id
    found.command_count, found.retry_count = stats.command_count, stats.retry_count
    found.invalid_node_count = 0
    found.nodes = [node_of(node, columns) for node in stats.nodes]
    return found


def stats_of(stats: ours.ClientStats) -> theirs.ClusterStats:
    """All nodes and their counts."""
    found = theirs.ClusterStats()
    found.retry_count = stats.retry_count
    # There are no threads that tasks could wait for, nor a queue of connections to recover.
    found.thread_pool_queued_tasks = found.recover_queue_size = 0
    found.nodes = [_node_stats(node) for node in stats.nodes]
    return found


def _node_stats(stats: ours.NodeStats) -> theirs.NodeStats:
    found = theirs.NodeStats()
    found.name, found.address, found.port = stats.name, stats.address, stats.port
    found.conns = _connections(stats.conns)
    found.error_count, found.timeout_count = stats.error_count, stats.timeout_count
    found.key_busy_count = stats.key_busy_count
    return found


# Listeners


class Reporter:
    """Hands snapshots to a program's listeners, or writes them to files."""

    def __init__(self, policy: theirs.MetricsPolicy) -> None:
        self._policy = policy
        self._columns = policy.latency_columns
        self._writer = None if policy.metrics_listeners is not None else Writer(policy)
        self._failure: tuple[str, Exception] | None = None
        self._due = time.monotonic() + policy.interval

    def native_policy(self) -> ours.MetricsPolicy:
        """What this client is to measure and whom to tell."""
        policy = self._policy
        listeners = ours.MetricsListeners(
            snapshot_listener=self._snapshot, node_close_listener=self._node_close, disable_listener=self._disable
        )
        return ours.MetricsPolicy(
            metrics_listeners=listeners,
            interval=max(1, policy.interval),
            latency_columns=policy.latency_columns,
            latency_shift=policy.latency_shift,
            labels=policy.labels,
        )

    def begin(self) -> None:
        """Tell that metrics are enabled.

        Raises:
            ClientError: the listener raised, or no file can be written.
        """
        if self._writer is not None:
            self._writer.begin()
        else:
            self._call("enable_listener")
            self.raise_failure()

    def raise_failure(self) -> None:
        """Raise what a listener raised.

        Raises:
            ClientError: there is something; it is the cause.
        """
        if self._failure is None:
            return
        (name, error), self._failure = self._failure, None
        try:
            words = f"Exception value: {error}"
        except Exception:  # noqa: BLE001  the program's own class may do anything
            words = "str() on exception value threw an error"
        raise ClientError(f"Python callback {name} threw a {type(error).__name__} exception. {words}") from error

    def _call(self, name: str, *args: Any) -> None:
        listener: Callable[..., Any] = getattr(self._policy.metrics_listeners, name)
        try:
            listener(*args)
        except Exception as error:  # noqa: BLE001  it is raised where the program can catch it
            self._failure = (name, error)

    def catch_up(self, stats: ours.ClientStats) -> None:
        """Hand on a snapshot that is due."""
        if time.monotonic() >= self._due:
            self._snapshot(stats)

    def _snapshot(self, stats: ours.ClientStats) -> None:
        self._due = time.monotonic() + self._policy.interval
        if self._writer is not None:
            self._writer.write(stats)
        else:
            self._call("snapshot_listener", cluster_of(stats, self._columns))

    def _node_close(self, stats: ours.NodeStats) -> None:
        if self._writer is None:
            self._call("node_close_listener", node_of(stats, self._columns))

    def _disable(self, stats: ours.ClientStats) -> None:
        if self._writer is not None:
            self._writer.write(stats)
            self._writer.end()
        else:
            self._call("disable_listener", cluster_of(stats, self._columns))


def _bracketed(parts: Iterable[str]) -> str:
    return f"[{','.join(parts)}]"


class Writer:
    """Writes snapshots to ``metrics-<time>.log``, one line each, in the official client's format.

    What this client does not count, or does not have, is 0 there: memory of the process,
    connections of an event loop, bytes by namespace.
    """

    def __init__(self, policy: theirs.MetricsPolicy) -> None:
        self._policy = policy
        self._file: TextIO | None = None
        self._size = 0

    def begin(self) -> None:
        """Open a file.

        Raises:
            ClientError: it cannot be written.
        """
        policy = self._policy
        now = dt.datetime.now(dt.UTC)
        folder = Path(policy.report_dir)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / f"metrics-{now:%Y%m%d%H%M%S}.log"
            self._file = path.open("w", encoding="utf-8")
        except OSError as error:
            raise ClientError(f"metrics cannot be written to {folder}: {error.strerror}") from error
        self._size = 0
        self._line(
            "header(2)"
            " cluster[name,clientType,clientVersion,appId,label[],cpu,mem,invalidNodeCount,commandCount,retryCount,"
            "delayQueueTimeoutCount,eventloop[],node[]]"
            " label[name,value] eventloop[processSize,queueSize]"
            " node[name,address,port,syncConn,asyncConn,namespace[]]"
            " conn[inUse,inPool,opened,closed,recovered,aborted]"
            " namespace[name,errors,timeouts,keyBusy,bytesIn,bytesOut,latency[]]"
            f" latency({policy.latency_columns},{policy.latency_shift})[type[l1,l2,l3...]]"
        )

    def write(self, stats: ours.ClientStats) -> None:
        """Write a snapshot."""
        cluster = cluster_of(stats, self._policy.latency_columns)
        cpu = int(time.process_time() / max(stats.seconds, 0.001) * 100)
        labels = _bracketed(_bracketed(pair) for pair in stats.labels.items())
        nodes = _bracketed(map(self._node, cluster.nodes))
        head = (cluster.cluster_name or "", "python", _version(), cluster.app_id, labels, cpu, 0,
                cluster.invalid_node_count, cluster.command_count, cluster.retry_count, 0, "[]", nodes)  # fmt: skip
        self._line(f"cluster{_bracketed(map(str, head))}")
        if self._policy.report_size_limit and self._size >= self._policy.report_size_limit:
            self.end()
            self.begin()

    def end(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _node(self, node: theirs.Node) -> str:
        conns = node.conns
        sync = (conns.in_use, conns.in_pool, conns.opened, conns.closed, conns.recovered, conns.aborted)
        namespaces = [
            ",".join((
                space.ns, *map(str, (space.error_count, space.timeout_count, space.key_busy_count, 0, 0)),
                _bracketed(kind + _bracketed(map(str, getattr(space, f"{kind}_latency"))) for kind in _KINDS),
            ))
            for space in node.metrics
        ]  # fmt: skip
        return _bracketed(
            (node.name, node.address, str(node.port), *map(str, sync), *["0"] * 6, _bracketed(namespaces))
        )

    def _line(self, text: str) -> None:
        if self._file is None:
            return
        line = f"{dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M:%S} {text}{os.linesep}"
        self._file.write(line)
        self._file.flush()
        self._size += len(line)


def _version() -> str:
    try:
        return importlib.metadata.version("aerospike-wire")
    except importlib.metadata.PackageNotFoundError:
        return "0"


__all__ = ["Reporter", "checked", "cluster_of", "node_of", "stats_of"]
