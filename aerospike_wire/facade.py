"""What the two clients have in common besides the core: construction, siblings, queries."""

from __future__ import annotations

import base64
import functools
import importlib.metadata
import platform
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from aerospike_wire.cluster.cluster import Cluster
from aerospike_wire.config import parse_config
from aerospike_wire.core import Core
from aerospike_wire.errors import ErrorContext, ParamError
from aerospike_wire.metrics.policy import MetricsPolicy
from aerospike_wire.operations.contexts import context_value
from aerospike_wire.operations.operation import refused
from aerospike_wire.proto.commands.info import packed_expression
from aerospike_wire.proto.commands.reads import MISSING
from aerospike_wire.proto.invalid import InvalidArgument
from aerospike_wire.trouble import as_trouble

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

    from aerospike_wire.errors import Hook, HookMapping
    from aerospike_wire.expressions import Expression
    from aerospike_wire.metrics import ClientStats
    from aerospike_wire.operations import Context
    from aerospike_wire.serializer import Serializer
    from aerospike_wire.transport import Runtime
    from aerospike_wire.types import Key

P = TypeVar("P")

KeyLike: TypeAlias = "Key | tuple[Any, ...]"
"""``(namespace, set, user_key)``, ``(namespace, set, user_key or None, digest)``, or a Key."""
Meta: TypeAlias = Mapping[str, int]
"""``{"gen": generation, "ttl": seconds}``, either or both."""
Given: TypeAlias = "P | Mapping[str, Any] | None"
"""A policy as an object, as a dict, or not at all."""
ErrorHook: TypeAlias = "Hook | HookMapping"


@functools.cache
def _version() -> str:
    """The version of this package; found by reading files, so once."""
    try:
        return importlib.metadata.version("aerospike-wire")
    except importlib.metadata.PackageNotFoundError:
        return "0"


def _user_agent(app_id: str | None, user: str | None) -> str:
    """What servers list this client as (protocol section 11.9); at most 66 characters fit."""
    head = f"1,python-wire-{_version()}-{platform.python_version()},"
    return head + (app_id or user or "not-set")[: 66 - len(head)]


class Facade:
    """A client without its methods."""

    __slots__ = ("_core",)

    def __init__(
        self,
        runtime: Runtime,
        hosts: Any,
        error_hooks: Sequence[ErrorHook],
        error_detail: str,
        settings: dict[str, Any],
    ) -> None:
        config = parse_config(hosts, error_hooks=error_hooks, error_detail=error_detail, **settings)
        cluster = Cluster(runtime, config, _user_agent(config.app_id, config.user))
        self._core = Core(runtime, config, cluster, config.errors)

    def _sibling(self, core: Core) -> Self:
        twin = object.__new__(type(self))
        twin._core = core
        return twin

    def is_connected(self) -> bool:
        """True between a successful :meth:`connect` and :meth:`close`, while a node is known."""
        cluster = self._core.cluster
        return cluster.connected and bool(cluster.nodes)

    @property
    def serializer(self) -> Serializer | None:
        """What makes blobs of values that have no type on the server, and values of blobs; None if there is none."""
        return self._core.policies.serializer

    def get_cdtctx_base64(self, ctx: Sequence[Context]) -> str:
        """A path into lists and maps as text, as info commands and index lists have it.

        Args:
            ctx: steps made by the ``cdt_ctx`` functions.

        Raises:
            ParamError: it is no list of steps, or an empty one.
        """
        try:
            return base64.b64encode(context_value(ctx)).decode()
        except InvalidArgument as invalid:
            raise refused(invalid) from invalid.__cause__

    def get_expression_base64(self, expression: Expression | bytes) -> str:
        """An expression as text, as info commands and index lists have it.

        Args:
            expression: the expression, or a compiled one.

        Raises:
            ParamError: it is neither.
        """
        try:
            return base64.b64encode(packed_expression("expression", expression)).decode()
        except InvalidArgument as invalid:
            raise refused(invalid) from invalid.__cause__

    def __repr__(self) -> str:
        core = getattr(self, "_core", None)  # None if it could not be made, as a traceback may show it
        seeds = "" if core is None else ", ".join(map(str, core.config.seeds))
        return f"{type(self).__name__}({seeds!r})"


def stats_of(core: Core) -> ClientStats:
    """What the core's client and its siblings have counted."""
    return core.meter.stats(core.cluster.active())


def enable_metrics(core: Core, policy: MetricsPolicy | Mapping[str, Any] | None) -> None:
    """Measure commands and latencies.

    Raises:
        ParamError: the policy is not acceptable.
    """
    started = core.now()
    try:
        settled = MetricsPolicy.of(policy)
    except ParamError as error:
        refused = error
    else:
        core.meter.enable(settled, core.cluster.active())
        return
    core.fail(as_trouble(refused), [], started, ErrorContext("enable_metrics"), write=False)


def disable_metrics(core: Core) -> None:
    """Measure no longer."""
    core.meter.disable(core.cluster.active())


__all__ = ["MISSING", "ErrorHook", "Facade", "Given", "KeyLike", "Meta"]
