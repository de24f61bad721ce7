"""What a Community node does not have, in one place.

Whoever must know asks the node's edition; nothing else tells the two apart.
"""

from __future__ import annotations

from typing import Final

import attrs

from aerospike_wire.errors.codes import ResultCode


@attrs.frozen
class Edition:
    """An edition of the server."""

    name: str
    """As ``edition`` answers it."""
    security: bool
    """Users, roles, quotas and whitelists. Without them every security message gets 51."""
    compression: bool
    """Compressed requests and replies. Without it they get 25."""
    durable_delete: bool
    """Deletes that leave a tombstone. Without it they get 25."""
    linearized_reads: bool
    """Reads that ask the replicas first. Without it they get 25."""
    transactions: bool
    """Transactions, in namespaces that are strongly consistent. Without it their commands get 25."""
    strong_consistency: bool
    """Namespaces that are strongly consistent."""
    enterprise_info: bool
    """Info commands about racks, rosters, XDR and so on. Without it they answer ``ERROR:25:enterprise only``."""

    @property
    def no_security(self) -> int:
        """What security messages get while security is not switched on."""
        return ResultCode.SECURITY_NOT_ENABLED if self.security else ResultCode.SECURITY_NOT_SUPPORTED


COMMUNITY: Final = Edition(
    "Aerospike Community Edition",
    security=False,
    compression=False,
    durable_delete=False,
    linearized_reads=False,
    transactions=False,
    strong_consistency=False,
    enterprise_info=False,
)
ENTERPRISE: Final = Edition(
    "Aerospike Enterprise Edition",
    security=True,
    compression=True,
    durable_delete=True,
    linearized_reads=True,
    transactions=True,
    strong_consistency=True,
    enterprise_info=True,
)


def settled(enterprise: bool | None, **wanted: bool) -> bool:  # noqa: FBT001  as the constructors of nodes have it
    """Whether a node is an Enterprise one, from what it is told and what it is to have.

    Args:
        enterprise: what it is told; None if it is left to the rest.
        wanted: what only an Enterprise node has, by argument, and whether it is asked for.

    Raises:
        ValueError: a Community node is to have it.
    """
    asked = [name for name, value in wanted.items() if value]
    if enterprise is False and asked:
        msg = f"{' and '.join(asked)} need an Enterprise node: leave enterprise out, or give True"
        raise ValueError(msg)
    return bool(asked) if enterprise is None else enterprise
