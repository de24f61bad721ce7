"""Calls on single records."""

from __future__ import annotations

from typing import Any

from aerospike_wire.compat.calls.base import Base
from aerospike_wire.compat.keys import KeyTuple, key_of, key_tuple
from aerospike_wire.compat.operations import operations_of
from aerospike_wire.policy import OperatePolicy, ReadPolicy, RemovePolicy, SendKey, WritePolicy
from aerospike_wire.proto.commands.operate import Operate, OperateOrdered
from aerospike_wire.proto.commands.reads import MISSING, ExistsCommand, Get, Select
from aerospike_wire.proto.commands.writes import Append, Increment, Prepend, Put, Remove, RemoveBin, Touch
from aerospike_wire.transport.blocking import run

Meta = dict[str, int]
Policy = dict[str, Any] | None
Found = tuple[KeyTuple, Any, dict[str, Any]]
"""Key, meta data and bins. The meta data is a dict, which programs index without asking whether it is one."""


class Records(Base):
    """Calls on single records."""

    def get(self, key: tuple[Any, ...], policy: Policy = None) -> Found:
        """Read a record with all its bins.

        Returns:
            Key, ``{"ttl": seconds, "gen": generation}`` and bins. As in the official client,
            the key has the user key only if the policy sends it.

        Raises:
            RecordNotFound: no record has the key.
        """
        command = Get(
            key_of(key),
            None if policy is None else self._policy(ReadPolicy, policy),
            MISSING,
        )
        (namespace, set_name, user_key, digest), meta, bins = run(self._core.execute(command))
        if command.policy.key is SendKey.DIGEST:
            user_key = None
        return (namespace, set_name, user_key, bytearray(digest)), meta, self._translator.record_bins(bins)

    def select(self, key: tuple[Any, ...], bins: list[str], policy: Policy = None) -> Found:
        """Read some bins of a record.

        Raises:
            RecordNotFound: no record has the key.
        """
        found = run(self._core.execute(Select(key_of(key), self._policy(ReadPolicy, policy), MISSING, bins)))
        return key_tuple(found.key), found.meta, self._translator.record_bins(found.bins)

    def exists(self, key: tuple[Any, ...], policy: Policy = None) -> tuple[KeyTuple, Meta | None]:
        """Look whether a record is there.

        Returns:
            Key and meta data; these are None if no record has the key.
        """
        found, meta = run(self._core.execute(ExistsCommand(key_of(key), self._policy(ReadPolicy, policy))))
        return key_tuple(found), meta

    def put(
        self,
        key: tuple[Any, ...],
        bins: dict[str, Any],
        meta: Meta | None = None,
        policy: Policy = None,
        serializer: int | None = None,
    ) -> int:
        """Write bins; None and ``null()`` delete a bin.

        Args:
            key: the record's key.
            bins: names and values.
            meta: ``{"gen": generation, "ttl": seconds}``.
            policy: policy of writes.
            serializer: ``SERIALIZER_USER`` to have values that have no type on the server made blobs.

        Returns:
            0.
        """
        translator = self._translator if serializer is None else self._translator.serializing(serializer)
        command = Put(key_of(key), self._policy(WritePolicy, policy), self._meta(meta), translator.bins(bins))
        run(self._core.execute(command))
        return 0

    def remove(self, key: tuple[Any, ...], meta: Meta | None = None, policy: Policy = None) -> int:
        """Delete a record.

        Raises:
            RecordNotFound: no record has the key.
        """
        run(
            self._core.execute(
                Remove(
                    key_of(key),
                    self._policy(RemovePolicy, policy),
                    self._meta(meta if isinstance(meta, dict) else None, strict=False),
                )
            )
        )
        return 0

    def touch(self, key: tuple[Any, ...], val: int = 0, meta: Meta | None = None, policy: Policy = None) -> int:
        """Renew a record's time to live, ``val`` in seconds.

        Raises:
            RecordNotFound: no record has the key.
        """
        run(self._core.execute(Touch(key_of(key), self._policy(WritePolicy, policy), self._meta(meta), val)))
        return 0

    def append(self, key: tuple[Any, ...], bin: str, val: Any, meta: Meta | None = None, policy: Policy = None) -> int:
        """Add to the end of a string or blob."""
        run(self._core.execute(Append(key_of(key), self._policy(WritePolicy, policy), self._meta(meta), bin, val)))
        return 0

    def prepend(self, key: tuple[Any, ...], bin: str, val: Any, meta: Meta | None = None, policy: Policy = None) -> int:
        """Add to the beginning of a string or blob."""
        run(self._core.execute(Prepend(key_of(key), self._policy(WritePolicy, policy), self._meta(meta), bin, val)))
        return 0

    def increment(
        self, key: tuple[Any, ...], bin: str, offset: float, meta: Meta | None = None, policy: Policy = None
    ) -> int:
        """Add to a number."""
        run(
            self._core.execute(Increment(key_of(key), self._policy(WritePolicy, policy), self._meta(meta), bin, offset))
        )
        return 0

    def remove_bin(self, key: tuple[Any, ...], list: list[str], meta: Meta | None = None, policy: Policy = None) -> int:
        """Delete bins."""
        run(self._core.execute(RemoveBin(key_of(key), self._policy(WritePolicy, policy), self._meta(meta), list)))
        return 0

    def operate(
        self, key: tuple[Any, ...], list: list[dict[str, Any]], meta: Meta | None = None, policy: Policy = None
    ) -> Found:
        """Carry out several operations on a record.

        Returns:
            Key, meta data, and the results by bin: of several of one bin the last.
        """
        operations = operations_of(list, self._translator, validate=self._validate)
        command = Operate(key_of(key), self._policy(OperatePolicy, policy), operations, self._meta(meta))
        found = run(self._core.execute(command))
        return key_tuple(found.key), found.meta, self._translator.record_bins(found.bins or {})

    def operate_ordered(
        self, key: tuple[Any, ...], list: list[dict[str, Any]], meta: Meta | None = None, policy: Policy = None
    ) -> tuple[KeyTuple, Any, Any]:
        """Carry out several operations on a record.

        Returns:
            Key, meta data, and the results as pairs of bin and value, in the order of the operations.
        """
        operations = operations_of(list, self._translator, validate=self._validate)
        command = OperateOrdered(key_of(key), self._policy(OperatePolicy, policy), operations, self._meta(meta))
        found = run(self._core.execute(command))
        outward = self._translator.outward
        return key_tuple(found.key), found.meta, [(name, outward(value)) for name, value in found.bins]
