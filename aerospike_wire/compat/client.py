"""The official client's ``Client``: its calls, by family, on top of this one."""

from __future__ import annotations

import inspect
import logging
from typing import TYPE_CHECKING, Any, Final

from aerospike_wire.compat.calls.admin import Admin
from aerospike_wire.compat.calls.batches import Batches
from aerospike_wire.compat.calls.indexes import Indexes
from aerospike_wire.compat.calls.metrics import Metrics
from aerospike_wire.compat.calls.nodes import Nodes
from aerospike_wire.compat.calls.queries import Queries
from aerospike_wire.compat.calls.records import Records
from aerospike_wire.compat.calls.transactions import Transactions
from aerospike_wire.compat.calls.udf import Functions
from aerospike_wire.compat.config import setup_of
from aerospike_wire.compat.logs import TRACE
from aerospike_wire.compat.query import Query, Scan
from aerospike_wire.compat.refusal import refused
from aerospike_wire.errors import ParamError
from aerospike_wire.secret import Secret, concealed

if TYPE_CHECKING:
    from typing import Self

_UNSET: Any = object()
_LOG: Final = logging.getLogger("aerospike_wire.compat")


class Client(Metrics, Records, Batches, Queries, Indexes, Functions, Nodes, Admin, Transactions):
    """A client with the official client's calls, arguments and results.

    Made by :func:`aerospike_wire.compat.client`, which connects it. ``native`` is this
    client's own, for what the official one has not.
    """

    def __init__(self, config: dict[str, Any] = _UNSET) -> None:
        if config is _UNSET:
            try:
                raise TypeError("Client() needs a configuration")
            except TypeError as error:
                raise refused("config", "No config argument") from error
        if isinstance(config, dict):
            config = concealed(config)
        try:
            setup = setup_of(config)
        except ParamError as error:
            _LOG.log(TRACE, "the configuration is refused: %s", error.msg)
            raise
        self._open(setup)
        self._connect(None, Secret(None))

    def connect(self, username: str | None = None, password: str | None = None) -> Self:
        """Connect, unless the client is connected.

        Args:
            username: the user; by default the one of the configuration.
            password: the user's password.

        Returns:
            This client.
        """
        secret = Secret(password)
        del password
        self._connect(username, secret)
        return self


for _kind in (Query, Scan, Client):
    for _base in _kind.__mro__:
        for _call in vars(_base).values():
            if inspect.isfunction(_call):
                _call.__objclass__ = _kind  # type: ignore[attr-defined]  # as methods made in C have it


def client(config: dict[str, Any] = _UNSET) -> Client:
    """A connected client.

    Args:
        config: ``hosts`` and further settings, as for the official client; besides,
            ``error_hooks`` and ``error_detail`` of this one.

    Raises:
        ParamError: a setting cannot be used.
        ClientError: the cluster cannot be reached.
    """
    return Client(config)
