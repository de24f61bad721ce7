"""Nodes and what they say of themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from aerospike_wire.errors import ResultCode
from aerospike_wire.info import NamespaceInfo, NodeInfo, NodeStatistics, SetInfo
from aerospike_wire.management.steps import Steps
from aerospike_wire.proto import info_values
from aerospike_wire.proto.commands.info import Info, InfoValue, InfoValues, NamespaceValue
from aerospike_wire.proto.info_values import number
from aerospike_wire.trouble import Trouble

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aerospike_wire.core import Core
    from aerospike_wire.facade import ErrorHook
    from aerospike_wire.info import Value
    from aerospike_wire.proto.commands.info import InfoCommand


R = TypeVar("R")

# Raw


async def single(core: Core, command: Any, host: Any, policy: Any, hook: ErrorHook | None) -> str:
    """The answer of one node, named by the caller."""
    steps = Steps(core, hook)
    if isinstance(host, tuple) and len(host) == 2:
        host = f"[{host[0]}]:{host[1]}" if ":" in str(host[0]) else f"{host[0]}:{host[1]}"
    asked = Info(policy, command, "info_single_node", node="" if host is None else host)
    await steps.begin(asked)
    if core.cluster.find(host) is None:
        known = ", ".join(f"{node.name} ({node.address})" for node in steps.nodes())
        words = f"host must be the name or address of a node of the cluster, one of {known}, not {host!r}"
        steps.fail(Trouble(ResultCode.PARAM, words, argument="host", final=True), asked)
    return await steps.ask(asked)


async def everywhere(core: Core, command: Any, policy: Any, hook: ErrorHook | None) -> dict[str, tuple[None, str]]:
    """The answers of all nodes, without the command, in the official client's form."""
    answers = await _each(core, hook, lambda node: Info(policy, command, "info_all", node=node))
    return {name: (None, _without_command(text)) for name, text in answers.items()}


def _without_command(text: str) -> str:
    """The value of a single line; several lines stay as they are."""
    return text.partition("\t")[2] if text.count("\n") == 1 else text


async def _each(core: Core, hook: ErrorHook | None, make: Callable[[str | None], InfoCommand[R]]) -> dict[str, R]:
    """The answer of each node to a command that is made for it, by its name."""
    steps = Steps(core, hook)
    await steps.begin(make(None))
    return {node.name: await steps.ask(make(node.name)) for node in steps.nodes()}


# Read


async def nodes(core: Core, policy: Any, hook: ErrorHook | None) -> list[NodeInfo]:
    """All nodes, with who they are."""
    questions = ("build", "edition", "cluster-name", "features")
    answers = await _each(core, hook, lambda node: InfoValues(policy, commands=questions, node=node))
    found = []
    for name, said in answers.items():
        node = core.cluster.find(name)
        cluster_name = said.get("cluster-name") or "null"
        found.append(
            NodeInfo(
                name,
                "" if node is None else node.address,
                said.get("build", ""),
                said.get("edition", ""),
                None if cluster_name == "null" else cluster_name,
                frozenset(info_values.names(said.get("features", ""))),
            )
        )
    return found


async def addresses(core: Core, policy: Any, hook: ErrorHook | None, method: str) -> list[tuple[str, str, int]]:
    """Name, host and port of each node, as the client knows them; nothing is asked once it is connected."""
    steps = Steps(core, hook)
    await steps.begin(InfoValue(policy, "node", method))
    return [(node.name, node.place.host, node.place.port) for node in steps.nodes()]


async def namespaces(core: Core, policy: Any, hook: ErrorHook | None) -> list[str]:
    """The names of all namespaces of all nodes."""
    answers = await _each(core, hook, lambda node: InfoValue(policy, "namespaces", "info_namespaces", node=node))
    return list(dict.fromkeys(name for text in answers.values() for name in info_values.names(text)))


async def namespace(core: Core, name: Any, policy: Any, hook: ErrorHook | None) -> NamespaceInfo:
    """What all nodes say of a namespace."""

    def make(node: str | None) -> InfoCommand[str]:
        return NamespaceValue(policy, "namespace", "info_namespace", name, node=node)

    said = _facts(await _each(core, hook, make))
    one: Mapping[str, Value] = next(iter(said.values()), {})

    def total(*keys: str) -> int:
        return sum(number(values, *keys) for values in said.values())

    return NamespaceInfo(
        name,
        total("master_objects", "objects"),
        total("master_tombstones", "tombstones"),
        number(dict(one), "effective_replication_factor", "replication-factor"),
        one.get("strong-consistency") is True,
        number(dict(one), "default-ttl"),
        number(dict(one), "nsup-period"),
        any(values.get("stop_writes") is True for values in said.values()),
        total("data_used_bytes", "memory_used_bytes"),
        said,
    )


async def sets(core: Core, name: Any, policy: Any, hook: ErrorHook | None) -> list[SetInfo]:
    """What all nodes say of the sets of a namespace, or of all namespaces."""

    def make(node: str | None) -> InfoCommand[str]:
        if name is None:
            return InfoValue(policy, "sets", "info_sets", node=node)
        return NamespaceValue(policy, "sets", "info_sets", name, node=node)

    answers = await _each(core, hook, make)
    found: dict[tuple[str, str], dict[str, dict[str, Value]]] = {}
    for node, text in answers.items():
        for row in info_values.rows(text):
            place = (row.get("ns", ""), row.get("set", ""))
            facts = {key: info_values.scalar(value) for key, value in row.items()}
            found.setdefault(place, {})[node] = facts
    return [_set(place, said) for place, said in sorted(found.items())]


def _set(place: tuple[str, str], said: dict[str, dict[str, Value]]) -> SetInfo:
    def total(*keys: str) -> int:
        return sum(number(values, *keys) for values in said.values())

    def most(*keys: str) -> int:
        return max(number(values, *keys) for values in said.values())

    return SetInfo(
        *place,
        total("objects"),
        total("tombstones"),
        total("data_used_bytes", "memory_data_bytes"),
        most("truncate_lut"),
        most("sindexes"),
        said,
    )


async def bins(core: Core, name: Any, policy: Any, hook: ErrorHook | None) -> list[str]:
    """The names of the bins of a namespace; servers from 7.0 on do not keep them."""
    answers = await _each(core, hook, lambda node: NamespaceValue(policy, "bins", "info_bins", name, node=node))
    return sorted({bin_name for text in answers.values() for bin_name in info_values.bin_names(text)})


async def statistics(core: Core, policy: Any, hook: ErrorHook | None) -> list[NodeStatistics]:
    """Each node's own numbers."""
    said = _facts(await _each(core, hook, lambda node: InfoValue(policy, "statistics", "info_statistics", node=node)))
    return [
        NodeStatistics(
            node,
            number(values, "cluster_size"),
            str(values.get("cluster_key", "")),
            number(values, "uptime"),
            number(values, "objects"),
            number(values, "tombstones"),
            number(values, "client_connections"),
            number(values, "migrate_partitions_remaining"),
            values,
        )
        for node, values in said.items()
    ]


def _facts(answers: dict[str, str]) -> dict[str, dict[str, Value]]:
    return {node: info_values.facts(text) for node, text in answers.items()}
