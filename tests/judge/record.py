"""Makes calls with the official client and keeps every byte of them, in the form of the recordings."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING, Any, Self

import aerospike
import aerospike_helpers
from judge.calls import Official

if TYPE_CHECKING:
    from collections.abc import Iterable


KEPT = {1, 3, 4}
"""Types of frames that are kept: info commands, messages, compressed ones."""


class Proxy:
    """Passes bytes between clients and a server, and keeps those of data messages."""

    def __init__(self, upstream: tuple[str, int]) -> None:
        self._upstream = upstream
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        self._seen: list[list[Any]] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listener.getsockname()[1])

    def close(self) -> None:
        """Accept no more."""
        self._listener.close()

    def take(self) -> list[list[Any]]:
        """What was said since the last time: connection, request, answer."""
        with self._lock:
            seen, self._seen = self._seen, []
        numbers: dict[int, int] = {}
        return [[numbers.setdefault(item[0], len(numbers)), item[1].hex(), item[2].hex()] for item in seen]

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._upstream)
                for link in (client, server):
                    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for source, sink, sent in ((client, server, True), (server, client, False)):
                    threading.Thread(target=self._pass, args=(source, sink, id(client), sent), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket, number: int, sent: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 20):
                with self._lock:
                    self._keep(number, data, sent=sent)
                sink.sendall(data)
        for link in (source, sink):
            with contextlib.suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)

    def _keep(self, number: int, data: bytes, *, sent: bool) -> None:
        last = next((item for item in reversed(self._seen) if item[0] == number), None)
        if not sent:
            if last is not None:
                last[2] += data
        elif last is not None and not last[2]:
            last[1] += data
        elif data[1] in KEPT:
            self._seen.append([number, data, b""])


class Recorder:
    """The official client, connected through a proxy.

    Args:
        address: of the server.
        config: further settings of the client.
    """

    def __init__(self, address: tuple[str, int], **config: Any) -> None:
        self.proxy = Proxy(address)
        self.dialect = Official({})
        settings = {"hosts": [("127.0.0.1", self.proxy.port)], "tend_interval": 86_400_000, **config}
        settings["use_services_alternate"] = False
        self.client = _through(self.proxy, settings)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()
        self.proxy.close()

    def step(self, call: dict[str, Any]) -> dict[str, Any]:
        """Make a call; what came of it and its bytes, in the form of the recordings."""
        self.proxy.take()
        target = self.client
        try:
            for step in self.dialect.steps(call):
                target = getattr(target, step.method)(*step.args, **step.kwargs)
            outcome: dict[str, Any] = {"result": tag(target)}
        except aerospike.exception.AerospikeError as error:
            outcome = {
                "exception": type(error).__name__,
                "mro": [cls.__name__ for cls in type(error).__mro__[1:-3]],
                "code": error.args[0],
                "msg": error.args[1],
                "in_doubt": error.args[4],
            }
        except Exception as error:  # noqa: BLE001  arguments that Python itself refuses
            outcome = {"exception": type(error).__name__, "python": True, "msg": str(error)}
        return {"call": call, "outcome": outcome, "exchange": self.proxy.take()}

    def record(self, name: str, case: dict[str, Any]) -> dict[str, Any]:
        """A whole case: what prepares it, its call, and a look at the effect."""
        setup = [self.step(call) for call in case.get("setup", ())]
        main = self.step(case["call"])
        after = [self.step(call) for call in case.get("after", ())]
        return {"name": name, "group": "X", **main, "setup": setup, "after": after, "volatile": []}


def _through(proxy: Proxy, settings: dict[str, Any]) -> Any:
    return aerospike.client(settings)


def tag(value: Any) -> Any:
    """A value of the official client, tagged."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return {"float": repr(value)}
    if isinstance(value, aerospike_helpers.HyperLogLog):
        return {"hll": bytes(value).hex()}
    if isinstance(value, bytes | bytearray):
        return {type(value).__name__: bytes(value).hex()}
    if isinstance(value, aerospike.GeoJSON):
        return {"geojson": value.dumps()}
    if isinstance(value, tuple):
        return {"tuple": [tag(item) for item in value]}
    if isinstance(value, list):
        return [tag(item) for item in value]
    if isinstance(value, dict):
        kind = "keyordereddict" if isinstance(value, aerospike.KeyOrderedDict) else "dict"
        return {kind: [[tag(key), tag(item)] for key, item in value.items()]}
    if hasattr(value, "batch_records"):
        return {"batch_records": {"result": value.result, "rows": list(map(_row, value.batch_records))}}
    msg = f"no tag for {type(value)}"
    raise TypeError(msg)


def _row(row: Any) -> dict[str, Any]:
    facts = {
        "class": type(row).__name__, "key": tag(row.key), "result": row.result,
        "record": tag(row.record), "in_doubt": row.in_doubt,
    }  # fmt: skip
    return {"batch_record": facts}


def recorded(address: tuple[str, int], cases: Iterable[tuple[str, dict[str, Any]]]) -> list[dict[str, Any]]:
    """Recordings of cases."""
    with Recorder(address) as recorder:
        return [recorder.record(name, case) for name, case in cases]
