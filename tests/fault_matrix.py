"""What each family of commands makes of each fault at each moment: the table of docs/fault-matrix.md.

``EXPECTED`` follows from a few rules that are written here as data; the tests provoke every
cell on both clients and compare. To write the page anew::

    python tests/fault_matrix.py > docs/fault-matrix.md
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
from typing import TYPE_CHECKING, Any, Final

import attrs

from aerospike_wire import errors, operations
from aerospike_wire.cluster.breaker import Breaker

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

KEY: Final = ("test", "matrix", "k")
LUA: Final = "function f(rec) return 1 end"

KEPT, CLOSED, DRAINED, NONE = "kept", "closed", "drained", "none"
"""What becomes of the connection: used again at once, closed, set aside until the late answer has come, never there."""

ONCE: Final = {"max_retries": 0, "total_timeout": 10_000}
BRIEF: Final = {"max_retries": 0, "total_timeout": 400}
SILENT: Final = {"max_retries": 0, "total_timeout": 10_000, "socket_timeout": 300}


@attrs.frozen
class Family:
    """Commands that take the same way."""

    name: str
    fault: str
    """What rules call them."""
    call: Callable[[Any, dict[str, Any]], Awaitable[Any]]
    write: bool
    frames: bool = False
    """True if the answer has several frames, which nobody drains."""
    secured: bool = False
    """True if the node needs users for it."""


async def _row(rows: Awaitable[Any]) -> None:
    """The error of a batch's row is raised, its doubt compared."""
    row, _ = await rows
    if row.error is not None:
        assert row.in_doubt is row.error.in_doubt
        raise row.error


async def _udf_put(client: Any, policy: dict[str, Any]) -> None:
    await client.udf_put("matrix.lua", policy=policy, source=LUA, wait=False)


FAMILIES: Final = (
    Family("read (get, select, exists)", "read", lambda c, p: c.get(KEY, p), write=False),
    Family("write (put, append, touch, ...)", "write", lambda c, p: c.put(KEY, {"a": 2}, None, p), write=True),
    Family("remove", "remove", lambda c, p: c.remove(KEY, None, p), write=True),
    Family(
        "operate, writing", "operate",
        lambda c, p: c.operate(KEY, [operations.write("a", 2), operations.read("a")], None, p), write=True,
    ),
    Family("operate, reading", "any", lambda c, p: c.operate(KEY, [operations.read("a")], None, p), write=False),
    Family("apply (Lua)", "apply", lambda c, p: c.apply(KEY, "matrix", "f", [], p), write=True),
    Family("batch, reading", "batch", lambda c, p: _row(c.batch_read([KEY, KEY], policy=p)), write=False, frames=True),
    Family(
        "batch, writing", "batch",
        lambda c, p: _row(c.batch_operate([KEY, KEY], [operations.write("a", 2)], p)), write=True, frames=True,
    ),
    Family("query, scan", "query", lambda c, p: c.query("test", "matrix").results(p), write=False, frames=True),
    Family("info", "build", lambda c, p: c.info_random_node("build", p), write=False),
    Family("truncate", "truncate", lambda c, p: c.truncate("test", "matrix", 0, p), write=True),
    Family("index", "sindex-create", lambda c, p: c.index_integer_create("test", "s", "b", "i", p), write=True),
    Family("UDF module", "udf-put", _udf_put, write=True),
    Family("users and roles", "drop-role", lambda c, p: c.admin_drop_role("nobody", p), write=True,
           secured=True),
)  # fmt: skip


@attrs.frozen
class Outcome:
    """One cell."""

    error: str
    """Name of the exception."""
    doubt: bool
    fate: str

    def __str__(self) -> str:
        return f"{self.error}{', **in doubt**' if self.doubt else ''}, {self.fate}"


@attrs.frozen
class Fault:
    """A way to go wrong at a moment."""

    moment: str
    name: str
    error: type[BaseException]
    doubt: bool
    """Whether a write is in doubt; a read never is."""
    fate: str
    provoke: Callable[[Any, Any, Family], Any]
    """Sets the fault up on client and server for a family; may give a policy."""
    fate_of_frames: str | None = None
    """For families whose answer has several frames, if it differs."""
    waits: bool = False
    """True if the client waits until a timeout."""

    def expected(self, family: Family) -> Outcome:
        """What happens."""
        fate = self.fate_of_frames if family.frames and self.fate_of_frames is not None else self.fate
        return Outcome(self.error.__name__, self.doubt and family.write, fate)


def _rule(make: Callable[[Any], Any], policy: dict[str, Any] = ONCE) -> Callable[[Any, Any, Family], dict[str, Any]]:
    def provoke(client: Any, server: Any, family: Family) -> dict[str, Any]:
        make(server.faults.on(family.fault))
        return policy

    return provoke


def _node(client: Any) -> Any:
    (node,) = client.client._core.cluster.active()
    return node


def _no_connection(client: Any, server: Any, family: Family) -> dict[str, Any]:
    """All links are gone, and nobody listens where the node was."""
    node = _node(client)
    for link in node.pool.links():
        node.pool.discard(link)
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        node.place = node.place._replace(port=holder.getsockname()[1])
    return "lost"


def _open_breaker(client: Any, server: Any, family: Family) -> dict[str, Any]:
    breaker = _node(client).breaker = Breaker(1, 60.0)
    for _ in range(2):
        breaker.record(errors.ResultCode.DEVICE_OVERLOAD, client.client._core.now())
    return ONCE


BEFORE, AFTER, HALF, ANSWERED = "before sending", "after sending", "half of the reply", "after the reply"

FAULTS: Final = (
    Fault(BEFORE, "nobody listens", errors.ConnectionError, False, NONE, _no_connection),
    Fault(BEFORE, "no time is left", errors.TimeoutError, False, KEPT, lambda c, s, f: "deadline"),
    Fault(BEFORE, "the breaker is open", errors.MaxErrorRateExceeded, False, KEPT, _open_breaker),
    Fault(AFTER, "closed, request not carried out", errors.ConnectionError, True, CLOSED,
          _rule(lambda when: when.close(before=True))),
    Fault(AFTER, "closed, request carried out", errors.ConnectionError, True, CLOSED,
          _rule(lambda when: when.close(after=True))),
    Fault(AFTER, "no answer until the total timeout", errors.TimeoutError, True, DRAINED,
          _rule(lambda when: when.hang(), BRIEF), fate_of_frames=CLOSED, waits=True),
    Fault(AFTER, "no answer until the socket timeout", errors.TimeoutError, True, DRAINED,
          _rule(lambda when: when.hang(), SILENT), fate_of_frames=CLOSED, waits=True),
    Fault(AFTER, "the client is closed", errors.ConnectionError, True, CLOSED, lambda c, s, f: "close"),
    Fault(AFTER, "the task is cancelled", asyncio.CancelledError, True, DRAINED,
          lambda c, s, f: "cancel", fate_of_frames=CLOSED),
    Fault(HALF, "then closed", errors.ConnectionError, True, CLOSED, _rule(lambda when: when.half_frame())),
    Fault(HALF, "then silence", errors.TimeoutError, True, DRAINED,
          _rule(lambda when: when.wrong_size(1 << 20), BRIEF), fate_of_frames=CLOSED, waits=True),
    Fault(HALF, "no frame at all", errors.ClientError, True, CLOSED, _rule(lambda when: when.garbage())),
    Fault(HALF, "a frame that claims too much", errors.ClientError, True, CLOSED,
          _rule(lambda when: when.wrong_size())),
    Fault(ANSWERED, "refused (22)", errors.ForbiddenError, False, KEPT, _rule(lambda when: when.answer(22))),
    Fault(ANSWERED, "overloaded (18)", errors.DeviceOverload, False, KEPT, _rule(lambda when: when.answer(18))),
    Fault(ANSWERED, "partition unavailable (11)", errors.ClusterError, False, KEPT,
          _rule(lambda when: when.answer(11))),
    Fault(ANSWERED, "the node's own timeout (9)", errors.TimeoutError, True, KEPT, _rule(lambda when: when.answer(9))),
    Fault(ANSWERED, "session over (66)", errors.ExpiredSession, False, CLOSED,
          _rule(lambda when: when.answer(66))),
    Fault(ANSWERED, "a code of the future (199)", errors.ServerError, False, KEPT,
          _rule(lambda when: when.answer(199))),
)  # fmt: skip


def cells() -> Iterator[tuple[Family, Fault]]:
    """All cells of the table."""
    for family in FAMILIES:
        for fault in FAULTS:
            yield family, fault


async def outcome(client: Any, server: Any, family: Family, fault: Fault) -> Outcome:
    """Provoke a cell."""
    await client.put(KEY, {"a": 1}, None, {"total_timeout": 10_000})
    with contextlib.suppress(errors.InvalidRole):
        await family.call(client, {"total_timeout": 10_000})
    pool = _node(client).pool
    links = pool.links()
    how = fault.provoke(client, server, family)
    found: BaseException | None = None
    try:
        if how == "deadline":
            with client.deadline(0):
                await family.call(client, ONCE)
        elif how in ("cancel", "close"):
            await _from_outside(client, server, family, how)
        else:
            await family.call(client, ONCE if how == "lost" else how)
    except (errors.AerospikeError, asyncio.CancelledError) as error:
        found = error
    fate = NONE if how == "lost" else _fate(pool, links)
    if found is None:
        return Outcome("no error", doubt=False, fate=fate)
    return Outcome(type(found).__name__, getattr(found, "in_doubt", False), fate)


async def _from_outside(client: Any, server: Any, family: Family, how: str) -> None:
    """End a call that waits for its answer."""
    rule = server.faults.on(family.fault).hang()

    async def hit() -> None:
        while not rule.hits:  # noqa: ASYNC110  the node is in another thread
            await asyncio.sleep(0.002)

    if client.kind == "async":
        task = asyncio.ensure_future(family.call(client, ONCE))
        await hit()
        if how == "cancel":
            task.cancel()
        else:
            await client.close()
        await task
        return

    async def close() -> None:
        await hit()
        client.client.close()

    closing = asyncio.ensure_future(asyncio.to_thread(asyncio.run, close()))
    await asyncio.sleep(0)
    try:
        await family.call(client, ONCE)
    finally:
        await closing


def _fate(pool: Any, links: tuple[Any, ...]) -> str:
    """What became of the link that the call used."""
    if any(not link.usable for link in links):
        return CLOSED
    return DRAINED if any(link.load for link in links) else KEPT


def page() -> str:
    """docs/fault-matrix.md."""
    out = [
        "# What fails how",
        "",
        "Every family of commands meets every kind of fault at every moment. A cell tells the exception, whether it is",
        "`in_doubt`, and what becomes of the connection: *kept* for the next call, *drained* (set aside until the late",
        "answer has come, for `timeout_delay` at most), *closed*, or *none*: there was none. The cells are those of a",
        "call without retries; both clients agree. A test provokes all of them, and compares this page.",
        "",
        "A call whose task is cancelled raises `CancelledError`; if it was a write and had been sent, the exception has",
        "`in_doubt` set and a note that says so. In blocking code `KeyboardInterrupt` takes its place, and the",
        "connection is closed. A session that is over is renewed, and the request repeated once, before it is an error.",
        "",
    ]
    for moment in (BEFORE, AFTER, HALF, ANSWERED):
        faults = [fault for fault in FAULTS if fault.moment == moment]
        out += [f"## {moment[0].upper()}{moment[1:]}", ""]
        out.append("| | " + " | ".join(fault.name for fault in faults) + " |")
        out.append("| --- " * (len(faults) + 1) + "|")
        for family in FAMILIES:
            row = " | ".join(str(fault.expected(family)) for fault in faults)
            out.append(f"| {family.name} | {row} |")
        out.append("")
    return "\n".join(out)


if __name__ == "__main__":
    sys.stdout.write(page())
