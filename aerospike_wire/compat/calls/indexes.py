"""Calls on secondary indexes."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from aerospike_wire.compat import constants as c
from aerospike_wire.compat.calls.base import Base
from aerospike_wire.compat.contexts import contexts_of
from aerospike_wire.compat.helpers.expressions.resources import bytes_of
from aerospike_wire.compat.keys import text_of
from aerospike_wire.compat.refusal import refused
from aerospike_wire.policy import InfoPolicy

if TYPE_CHECKING:
    from collections.abc import Callable

Policy = dict[str, Any] | None

_DATA_TYPES = {
    c.INDEX_STRING: "string",
    c.INDEX_NUMERIC: "numeric",
    c.INDEX_INTEGER: "numeric",
    c.INDEX_GEO2DSPHERE: "geo2dsphere",
    c.INDEX_BLOB: "blob",
}
_TYPES = {
    c.INDEX_TYPE_DEFAULT: "default",
    c.INDEX_TYPE_LIST: "list",
    c.INDEX_TYPE_MAPKEYS: "mapkeys",
    c.INDEX_TYPE_MAPVALUES: "mapvalues",
}


class Indexes(Base):
    """Calls on secondary indexes. Creating one waits until queries can use it."""

    def index_string_create(self, ns: str, set: str | None, bin: str, name: str, policy: Policy = None) -> int:
        """Create an index on the strings of a bin."""
        _deprecated("index_string_create()")
        return self._create(self._native.index_string_create, ns, set, bin, name, policy)

    def index_integer_create(self, ns: str, set: str | None, bin: str, name: str, policy: Policy = None) -> int:
        """Create an index on the integers of a bin."""
        _deprecated("index_integer_create()")
        return self._create(self._native.index_integer_create, ns, set, bin, name, policy)

    def index_geo2dsphere_create(self, ns: str, set: str | None, bin: str, name: str, policy: Policy = None) -> int:
        """Create an index on the GeoJSON of a bin."""
        _deprecated("index_geo2dsphere_create()")
        return self._create(self._native.index_geo2dsphere_create, ns, set, bin, name, policy)

    def index_blob_create(self, ns: str, set: str | None, bin: str, name: str, policy: Policy = None) -> int:
        """Create an index on the blobs of a bin."""
        _deprecated("index_blob_create()")
        return self._create(self._native.index_blob_create, ns, set, bin, name, policy)

    def _create(
        self, create: Callable[..., None], ns: Any, set_name: Any, bin_name: Any, name: Any, policy: Any
    ) -> int:
        bin_name = text_of(bin_name)
        _check(ns=ns, set=set_name, bin=bin_name, name=name)
        create(ns, set_name, bin_name, name, self._policy(InfoPolicy, policy))
        return 0

    def index_single_value_create(
        self,
        ns: str,
        set: str | None,
        bin: str,
        index_datatype: int,
        name: str,
        policy: Policy = None,
        ctx: list[Any] | None = None,
    ) -> int:
        """Create an index on the values of a bin."""
        return self._nested(c.INDEX_TYPE_DEFAULT, ns, set, bin, index_datatype, name, policy, ctx)

    def index_list_create(
        self,
        ns: str,
        set: str | None,
        bin: str,
        index_datatype: int,
        name: str,
        policy: Policy = None,
        ctx: list[Any] | None = None,
    ) -> int:
        """Create an index on the elements of lists."""
        return self._nested(c.INDEX_TYPE_LIST, ns, set, bin, index_datatype, name, policy, ctx)

    def index_map_keys_create(
        self,
        ns: str,
        set: str | None,
        bin: str,
        index_datatype: int,
        name: str,
        policy: Policy = None,
        ctx: list[Any] | None = None,
    ) -> int:
        """Create an index on the keys of maps."""
        return self._nested(c.INDEX_TYPE_MAPKEYS, ns, set, bin, index_datatype, name, policy, ctx)

    def index_map_values_create(
        self,
        ns: str,
        set: str | None,
        bin: str,
        index_datatype: int,
        name: str,
        policy: Policy = None,
        ctx: list[Any] | None = None,
    ) -> int:
        """Create an index on the values of maps."""
        return self._nested(c.INDEX_TYPE_MAPVALUES, ns, set, bin, index_datatype, name, policy, ctx)

    def index_cdt_create(
        self,
        ns: str,
        set: str | None,
        bin: str,
        index_type: int,
        index_datatype: int,
        name: str,
        ctx: list[Any],
        policy: Policy = None,
    ) -> int:
        """Create an index on what is inside lists and maps."""
        _deprecated("index_cdt_create()")
        if not isinstance(ctx, list) or not ctx:
            raise refused("ctx", "ctx must be a list of cdt_ctx steps, and not empty")
        return self._nested(index_type, ns, set, bin, index_datatype, name, policy, ctx)

    def _nested(
        self, kind: Any, ns: Any, set_name: Any, bin_name: Any, data_type: Any, name: Any, policy: Any, ctx: Any
    ) -> int:
        bin_name = text_of(bin_name)
        _check(ns=ns, set=set_name, bin=bin_name, name=name)
        contexts = contexts_of(ctx, self._translator)
        data, given = _data_type(data_type), self._policy(InfoPolicy, policy)
        if contexts is None:
            create = {
                c.INDEX_TYPE_DEFAULT: self._native.index_single_value_create,
                c.INDEX_TYPE_LIST: self._native.index_list_create,
                c.INDEX_TYPE_MAPKEYS: self._native.index_map_keys_create,
                c.INDEX_TYPE_MAPVALUES: self._native.index_map_values_create,
            }[kind]
            create(ns, set_name, bin_name, data, name, given)
        else:
            self._native.index_cdt_create(ns, set_name, bin_name, _type(kind), data, name, contexts, given)
        return 0

    def index_expr_create(
        self,
        ns: str,
        set: str | None,
        index_type: int,
        index_datatype: int,
        expressions: Any,
        name: str,
        policy: Policy = None,
    ) -> int:
        """Create an index on the value of a compiled expression."""
        _check(ns=ns, set=set, name=name)
        expression = bytes_of(expressions, self._translator)
        kind, data = _type(index_type), _data_type(index_datatype)
        self._native.index_expr_create(ns, set, kind, data, expression, name, self._policy(InfoPolicy, policy))
        return 0

    def index_set_create(self, ns: str, set: str, name: str, policy: Policy = None) -> int:
        """Create an index of the records of a set."""
        _check(ns=ns, set=set, name=name)
        self._native.index_set_create(ns, set, name, self._policy(InfoPolicy, policy))
        return 0

    def index_remove(self, ns: str, name: str, policy: Policy = None) -> int:
        """Remove an index."""
        _check(ns=ns, name=name)
        self._native.index_remove(ns, name, self._policy(InfoPolicy, policy))
        return 0


def _deprecated(what: str) -> None:
    warnings.warn(
        f"{what} is deprecated. Please use index_single_value_create() instead", DeprecationWarning, stacklevel=3
    )


def _check(**names: Any) -> None:
    titles = {
        "ns": "Namespace should be a string",
        "set": "Set should be string, unicode or None",
        "bin": "Bin should be a string",
        "name": "Index name should be string or unicode",
    }
    for argument, value in names.items():
        if not isinstance(value, str) and (argument != "set" or value is not None):
            raise refused(argument, titles[argument])


def _data_type(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int):
        raise refused("index_datatype", "Index data type should be an integer")
    if value not in _DATA_TYPES:
        raise refused("index_datatype", f"Index data type {value} is not known")
    return _DATA_TYPES[value]


def _type(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int):
        raise refused("index_type", "Index type should be an integer")
    if value not in _TYPES:
        raise refused("index_type", f"Index type {value} is not known")
    return _TYPES[value]
