"""Drop-in for ``aerospike.exception``: the same names, and those of codes it has no class for."""

from __future__ import annotations

from aerospike_wire import errors
from aerospike_wire.errors import *  # noqa: F403  the module is the list of names

__all__ = [name for name in errors.__all__ if isinstance(getattr(errors, name), type) and issubclass(getattr(errors, name), errors.AerospikeError)]  # noqa: E501
