"""Errors about a batch or a row of one."""

from __future__ import annotations

from aerospike_wire.errors.base import ClientError, ServerError
from aerospike_wire.errors.codes import ResultCode


class BatchDisabledError(ServerError, code=ResultCode.BATCH_DISABLED):
    """Batches are switched off on the node."""


class BatchMaxRequestError(ServerError, code=ResultCode.BATCH_MAX_REQUESTS):
    """The batch has more rows than the node accepts."""


class BatchQueueFullError(ServerError, code=ResultCode.BATCH_QUEUES_FULL):
    """The node has no room for another batch's replies."""


class BatchFailed(ClientError, code=ResultCode.BATCH_FAILED):
    """At least one row of the batch failed."""


class NoResponse(ClientError, code=ResultCode.NO_RESPONSE):
    """No answer came for a row of a batch."""
