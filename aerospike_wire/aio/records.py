"""The asyncio client's calls on single records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aerospike_wire import facade
from aerospike_wire.facade import MISSING, ErrorHook, Given, KeyLike, Meta
from aerospike_wire.proto.commands.operate import Operate, OperateOrdered
from aerospike_wire.proto.commands.reads import ExistsCommand, Get, Select
from aerospike_wire.proto.commands.writes import Append, Increment, Prepend, Put, Remove, RemoveBin, Touch

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aerospike_wire.operations import Operation
    from aerospike_wire.policy import (
        OperatePolicy,
        ReadPolicy,
        RemovePolicy,
        WritePolicy,
    )
    from aerospike_wire.types import Key, OrderedRecord, Record


class Records(facade.Facade):
    """Calls on single records."""

    __slots__ = ()

    async def get(
        self,
        key: KeyLike,
        policy: Given[ReadPolicy] = None,
        *,
        default: Any = MISSING,
        error_hook: ErrorHook | None = None,
    ) -> Any:
        """Read a record with all its bins (protocol section 2.8).

        Args:
            key: ``(namespace, set, user_key[, digest])`` or a Key.
            default: what to return if no record has the key, instead of raising RecordNotFound.
            policy: ReadPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Returns:
            A Record ``(key, meta, bins)``, or ``default``.

        Raises:
            RecordNotFound: no record has the key, and no default was given.
            AerospikeError: the call failed in another way.
        """
        return await self._core.execute(Get(key, policy, default), error_hook)

    async def select(
        self,
        key: KeyLike,
        bins: Sequence[str],
        policy: Given[ReadPolicy] = None,
        *,
        default: Any = MISSING,
        error_hook: ErrorHook | None = None,
    ) -> Any:
        """Read some bins of a record (protocol section 2.8).

        Args:
            key: ``(namespace, set, user_key[, digest])`` or a Key.
            bins: names of the bins; those that the record does not have are left out.
            default: what to return if no record has the key, instead of raising RecordNotFound.
            policy: ReadPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Returns:
            A Record ``(key, meta, bins)``, or ``default``.

        Raises:
            RecordNotFound: no record has the key, and no default was given.
            AerospikeError: the call failed in another way.
        """
        return await self._core.execute(Select(key, policy, default, bins), error_hook)

    async def exists(
        self,
        key: KeyLike,
        policy: Given[ReadPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> tuple[Key, dict[str, int] | None]:
        """Look whether a record is there (protocol section 2.8).

        Args:
            key: ``(namespace, set, user_key[, digest])`` or a Key.
            policy: ReadPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Returns:
            ``(key, meta)``; ``meta`` is None if no record has the key.

        Raises:
            AerospikeError: the call failed; which class, and what it carries, the code decides.
        """
        return await self._core.execute(ExistsCommand(key, policy), error_hook)

    async def put(
        self,
        key: KeyLike,
        bins: Mapping[str, Any],
        meta: Meta | None = None,
        policy: Given[WritePolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Write bins; other bins of the record stay (protocol section 2.8).

        Args:
            key: ``(namespace, set, user_key[, digest])`` or a Key.
            bins: names and values; None deletes a bin.
            meta: ``{"gen": generation, "ttl": seconds}``; which generations are acceptable the policy says.
            policy: WritePolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            AerospikeError: the call failed; which class, and what it carries, the code decides.
        """
        await self._core.execute(Put(key, policy, meta, bins), error_hook)

    async def remove(
        self,
        key: KeyLike,
        meta: Meta | None = None,
        policy: Given[RemovePolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Delete a record (protocol section 2.8).

        Args:
            key: ``(namespace, set, user_key[, digest])`` or a Key.
            meta: ``{"gen": generation, "ttl": seconds}``; which generations are acceptable the policy says.
            policy: RemovePolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            RecordNotFound: no record has the key.
            AerospikeError: the call failed in another way.
        """
        await self._core.execute(Remove(key, policy, meta), error_hook)

    async def touch(
        self,
        key: KeyLike,
        val: int = 0,
        meta: Meta | None = None,
        policy: Given[WritePolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Renew a record's time to live (protocol section 2.8).

        Args:
            key: ``(namespace, set, user_key[, digest])`` or a Key.
            val: seconds; 0 as the policy says.
            meta: ``{"gen": generation, "ttl": seconds}``; which generations are acceptable the policy says.
            policy: WritePolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            RecordNotFound: no record has the key.
            AerospikeError: the call failed in another way.
        """
        await self._core.execute(Touch(key, policy, meta, val), error_hook)

    async def append(
        self,
        key: KeyLike,
        bin: str,
        val: str | bytes | bytearray,
        meta: Meta | None = None,
        policy: Given[WritePolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Add to the end of a string or blob (protocol section 2.6).

        Args:
            key: ``(namespace, set, user_key[, digest])`` or a Key.
            bin: name of the bin; created if it is missing.
            val: what to add.
            meta: ``{"gen": generation, "ttl": seconds}``; which generations are acceptable the policy says.
            policy: WritePolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            AerospikeError: the call failed; which class, and what it carries, the code decides.
        """
        await self._core.execute(Append(key, policy, meta, bin, val), error_hook)

    async def prepend(
        self,
        key: KeyLike,
        bin: str,
        val: str | bytes | bytearray,
        meta: Meta | None = None,
        policy: Given[WritePolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Add to the beginning of a string or blob (protocol section 2.6).

        Args:
            key: ``(namespace, set, user_key[, digest])`` or a Key.
            bin: name of the bin; created if it is missing.
            val: what to add.
            meta: ``{"gen": generation, "ttl": seconds}``; which generations are acceptable the policy says.
            policy: WritePolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            AerospikeError: the call failed; which class, and what it carries, the code decides.
        """
        await self._core.execute(Prepend(key, policy, meta, bin, val), error_hook)

    async def increment(
        self,
        key: KeyLike,
        bin: str,
        offset: float,
        meta: Meta | None = None,
        policy: Given[WritePolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Add to a number (protocol section 2.6). Integers wrap at 64 bits.

        Args:
            key: ``(namespace, set, user_key[, digest])`` or a Key.
            bin: name of the bin; created if it is missing.
            offset: int or float, of the kind that the bin holds.
            meta: ``{"gen": generation, "ttl": seconds}``; which generations are acceptable the policy says.
            policy: WritePolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            AerospikeError: the call failed; which class, and what it carries, the code decides.
        """
        await self._core.execute(Increment(key, policy, meta, bin, offset), error_hook)

    async def remove_bin(
        self,
        key: KeyLike,
        list: Sequence[str],
        meta: Meta | None = None,
        policy: Given[WritePolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Delete bins; a record without bins is deleted too (protocol section 2.6).

        Args:
            key: ``(namespace, set, user_key[, digest])`` or a Key.
            list: names of the bins.
            meta: ``{"gen": generation, "ttl": seconds}``; which generations are acceptable the policy says.
            policy: WritePolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            AerospikeError: the call failed; which class, and what it carries, the code decides.
        """
        await self._core.execute(RemoveBin(key, policy, meta, list), error_hook)

    async def operate(
        self,
        key: KeyLike,
        list: Sequence[Operation],
        meta: Meta | None = None,
        policy: Given[OperatePolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> Record:
        """Carry out several operations on a record, in order, all or none (protocol section 2.8).

        Args:
            key: ``(namespace, set, user_key[, digest])`` or a Key.
            list: operations made by aerospike_wire.operations.
            meta: ``{"gen": generation, "ttl": seconds}``; which generations are acceptable the policy says.
            policy: OperatePolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Returns:
            A Record with the values that were read; of several values of one bin the last counts.

        Raises:
            AerospikeError: the call failed; which class, and what it carries, the code decides.
        """
        return await self._core.execute(Operate(key, policy, list, meta), error_hook)

    async def operate_ordered(
        self,
        key: KeyLike,
        list: Sequence[Operation],
        meta: Meta | None = None,
        policy: Given[OperatePolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> OrderedRecord:
        """Carry out several operations on a record, and keep their results in order (protocol section 2.8).

        Args:
            key: ``(namespace, set, user_key[, digest])`` or a Key.
            list: operations made by aerospike_wire.operations.
            meta: ``{"gen": generation, "ttl": seconds}``; which generations are acceptable the policy says.
            policy: OperatePolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Returns:
            An OrderedRecord: its ``bins`` is a list of names and values, in the order of the operations.

        Raises:
            AerospikeError: the call failed; which class, and what it carries, the code decides.
        """
        return await self._core.execute(OperateOrdered(key, policy, list, meta), error_hook)
