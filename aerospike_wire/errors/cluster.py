"""Errors about the cluster as a whole."""

from __future__ import annotations

from aerospike_wire.errors.base import ServerError
from aerospike_wire.errors.codes import ResultCode


class ClusterError(ServerError, code=ResultCode.CLUSTER):
    """A partition is not available, or the client is not connected to any node."""


class ClusterChangeError(ClusterError, code=ResultCode.CLUSTER_CHANGE):
    """The cluster changed while the request ran."""
