"""The asyncio client's calls on secondary indexes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aerospike_wire import facade
from aerospike_wire.proto.commands.info import IndexCreate, IndexRemove

if TYPE_CHECKING:
    from aerospike_wire.facade import ErrorHook, Given
    from aerospike_wire.policy import (
        InfoPolicy,
    )


class Indexes(facade.Facade):
    """Calls on secondary indexes."""

    __slots__ = ()

    async def index_string_create(
        self,
        ns: str,
        set: str | None,
        bin: str,
        name: str,
        policy: Given[InfoPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Create a secondary index on the strings of a bin (protocol section 9.3).

        Servers accept an index that exists with the same definition; it is built in the background.

        Args:
            ns: the namespace.
            set: the set, None for records without one.
            bin: the bin.
            name: name of the index.
            policy: InfoPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            IndexFoundError: the name is taken by another definition.
            AerospikeError: the call failed in another way.
        """
        await self._core.execute(IndexCreate(policy, ns, set, bin, 0, name, "index_string_create"), error_hook)

    async def index_integer_create(
        self,
        ns: str,
        set: str | None,
        bin: str,
        name: str,
        policy: Given[InfoPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Create a secondary index on the integers of a bin (protocol section 9.3).

        Servers accept an index that exists with the same definition; it is built in the background.

        Args:
            ns: the namespace.
            set: the set, None for records without one.
            bin: the bin.
            name: name of the index.
            policy: InfoPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            IndexFoundError: the name is taken by another definition.
            AerospikeError: the call failed in another way.
        """
        await self._core.execute(IndexCreate(policy, ns, set, bin, 4, name, "index_integer_create"), error_hook)

    async def index_geo2dsphere_create(
        self,
        ns: str,
        set: str | None,
        bin: str,
        name: str,
        policy: Given[InfoPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Create a secondary index on the GeoJSON of a bin (protocol section 9.3).

        Servers accept an index that exists with the same definition; it is built in the background.

        Args:
            ns: the namespace.
            set: the set, None for records without one.
            bin: the bin.
            name: name of the index.
            policy: InfoPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            IndexFoundError: the name is taken by another definition.
            AerospikeError: the call failed in another way.
        """
        await self._core.execute(IndexCreate(policy, ns, set, bin, 2, name, "index_geo2dsphere_create"), error_hook)

    async def index_blob_create(
        self,
        ns: str,
        set: str | None,
        bin: str,
        name: str,
        policy: Given[InfoPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Create a secondary index on the blobs of a bin (protocol section 9.3).

        Servers accept an index that exists with the same definition; it is built in the background.

        Args:
            ns: the namespace.
            set: the set, None for records without one.
            bin: the bin.
            name: name of the index.
            policy: InfoPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            IndexFoundError: the name is taken by another definition.
            AerospikeError: the call failed in another way.
        """
        await self._core.execute(IndexCreate(policy, ns, set, bin, 3, name, "index_blob_create"), error_hook)

    async def index_single_value_create(
        self,
        ns: str,
        set: str | None,
        bin: str,
        index_datatype: int,
        name: str,
        policy: Given[InfoPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Create a secondary index on the values of a bin (protocol section 9.3).

        Servers accept an index that exists with the same definition; it is built in the background.

        Args:
            ns: the namespace.
            set: the set, None for records without one.
            bin: the bin.
            index_datatype: 0 string, 2 GeoJSON, 3 blob, 4 integer.
            name: name of the index.
            policy: InfoPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            IndexFoundError: the name is taken by another definition.
            AerospikeError: the call failed in another way.
        """
        await self._core.execute(IndexCreate(policy, ns, set, bin, index_datatype, name), error_hook)

    async def index_remove(
        self,
        ns: str,
        name: str,
        policy: Given[InfoPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Remove a secondary index; servers accept one that does not exist (protocol section 9.3).

        Args:
            ns: the namespace.
            name: name of the index.
            policy: InfoPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            AerospikeError: the call failed; which class, and what it carries, the code decides.
        """
        await self._core.execute(IndexRemove(policy, ns, name), error_hook)
