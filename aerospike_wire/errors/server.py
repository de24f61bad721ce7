"""Refusals of the server that belong to no narrower family."""

from __future__ import annotations

from aerospike_wire.errors.base import RecordFacts, ServerError
from aerospike_wire.errors.codes import ResultCode


class InvalidRequest(ServerError, code=ResultCode.INVALID_REQUEST):
    """The server found the request malformed or an argument unacceptable."""


class ServerFull(ServerError, code=ResultCode.SERVER_FULL):
    """The namespace takes no writes for lack of memory or storage."""


class AlwaysForbidden(ServerError, code=ResultCode.ALWAYS_FORBIDDEN):
    """The present configuration can never allow the operation."""


class UnsupportedFeature(ServerError, code=ResultCode.UNSUPPORTED_FEATURE):
    """The server, or the kind of namespace, does not do this."""


class DeviceOverload(ServerError, code=ResultCode.DEVICE_OVERLOAD):
    """The storage of the node cannot keep up with the writes."""


class NamespaceNotFound(ServerError, code=ResultCode.NAMESPACE_NOT_FOUND):
    """No such namespace."""


class ForbiddenError(ServerError, code=ResultCode.FORBIDDEN):
    """The operation is not allowed at this time."""


class ElementNotFoundError(RecordFacts, ServerError, code=ResultCode.ELEMENT_NOT_FOUND):
    """An update-only operation found no such map key or list element."""


class ElementExistsError(RecordFacts, ServerError, code=ResultCode.ELEMENT_EXISTS):
    """A create-only operation found the map key or list element."""


class EnterpriseOnly(ServerError, code=ResultCode.ENTERPRISE_ONLY):
    """An Enterprise feature was asked of a server without it."""


class OpNotApplicable(RecordFacts, ServerError, code=ResultCode.OP_NOT_APPLICABLE):
    """The operation cannot be applied to what the record holds now."""


class FilteredOut(RecordFacts, ServerError, code=ResultCode.FILTERED_OUT):
    """The filter expression was not true, so nothing was done."""


class LostConflict(RecordFacts, ServerError, code=ResultCode.LOST_CONFLICT):
    """The write lost against a newer one from XDR."""


class InvalidGeoJSON(RecordFacts, ServerError, code=ResultCode.INVALID_GEOJSON):
    """The value is not acceptable GeoJSON."""


class Unassigned31(ServerError, code=ResultCode.UNASSIGNED_31):
    """Code 31 is reserved; no server sends it."""
