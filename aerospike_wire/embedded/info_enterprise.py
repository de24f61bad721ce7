"""Info commands that Enterprise nodes have and Community nodes answer 25 to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aerospike_wire.embedded.info_parameters import OK, InfoRefusal, Parameters, known_namespace
from aerospike_wire.errors.codes import ResultCode

if TYPE_CHECKING:
    from collections.abc import Callable

    from aerospike_wire.embedded.node import Node, Session

    Handler = Callable[[Node, Session, Parameters], str]

MAX_DC: Final = 31
"""Bytes of a datacenter's name."""


def only(node: Node) -> None:
    """Refuse what a Community node knows of but does not have.

    Raises:
        InfoRefusal: it is one.
    """
    if not node.edition.enterprise_info:
        raise InfoRefusal(ResultCode.ENTERPRISE_ONLY, "enterprise only")


def enterprise(handler: Handler) -> Handler:
    """The same handler on Enterprise nodes, a refusal on others."""

    def answer(node: Node, session: Session, parameters: Parameters) -> str:
        only(node)
        return handler(node, session, parameters)

    return answer


def not_here(what: str) -> Handler:
    """A handler for something that this node in memory does not do, and that says so."""

    def answer(_node: Node, _session: Session, _parameters: Parameters) -> str:
        raise InfoRefusal(ResultCode.UNSUPPORTED_FEATURE, f"an embedded node has no {what}")

    return enterprise(answer)


@enterprise
def roster(node: Node, _session: Session, parameters: Parameters) -> str:
    """``roster:``: the nodes that strongly consistent namespaces are on; those that are there are on it."""
    name = parameters.namespace_name(required=False)
    names = list(node.namespaces) if name is None else [known_namespace(node, name).name]
    observed = ",".join(sorted(node.place.members)) or "null"
    rows = []
    for each in names:
        on_it = observed if node.namespaces[each].config.strong else "null"
        head = "" if name is not None else f"ns={each}:"
        rows.append(f"{head}roster={on_it}:pending_roster={on_it}:observed_nodes={observed}")
    return ";".join(rows)


@enterprise
def roster_set(node: Node, _session: Session, parameters: Parameters) -> str:
    """``roster-set:``: taken, and without effect: the roster is always that of the nodes that are there."""
    parameters.namespace(node)
    parameters.required("nodes")
    return OK


@enterprise
def done(_node: Node, _session: Session, _parameters: Parameters) -> str:
    """``quiesce`` and ``quiesce-undo``: there is no other node that clients would be sent to."""
    return OK


@enterprise
def revive(node: Node, _session: Session, parameters: Parameters) -> str:
    """``revive:``: no partition is ever dead here."""
    parameters.namespace(node)
    return OK


@enterprise
def xdr_set_filter(node: Node, _session: Session, parameters: Parameters) -> str:
    """``xdr-set-filter:``: kept and told; nothing is shipped anywhere."""
    datacenter = parameters.required("dc", MAX_DC)
    namespace = parameters.namespace(node).name
    expression = parameters.required("exp")
    if expression == "null":
        node.xdr_filters.pop((datacenter, namespace), None)
    else:
        node.xdr_filters[datacenter, namespace] = expression
    return OK


@enterprise
def xdr_get_filter(node: Node, _session: Session, parameters: Parameters) -> str:
    """``xdr-get-filter:``: the filters of a datacenter, each as base64."""
    datacenter = parameters.required("dc", MAX_DC)
    name = parameters.namespace_name(required=False)
    names = list(node.namespaces) if name is None else [known_namespace(node, name).name]
    return ";".join(f"namespace={each}:exp={node.xdr_filters.get((datacenter, each), 'null')}" for each in names)
