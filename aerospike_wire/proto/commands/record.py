"""What commands on one record have in common (protocol section 2.7)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, TypeVar

import attrs

from aerospike_wire.errors import RecordContext
from aerospike_wire.policy import RecordPolicy, SendKey
from aerospike_wire.proto import compression, keys, transaction
from aerospike_wire.proto.commands.base import Command, Features
from aerospike_wire.proto.commands.flags import info4_of, server_timeout
from aerospike_wire.proto.fields import Field, field
from aerospike_wire.proto.header import MESSAGE, MESSAGE_HEADER_SIZE, FrameType, Info1, frame_header
from aerospike_wire.types import Key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aerospike_wire.policy import Policies
    from aerospike_wire.serializer import Serializer

P = TypeVar("P", bound=RecordPolicy)
Q = TypeVar("Q", bound=RecordPolicy)
R_co = TypeVar("R_co", covariant=True)
_DIGEST_HEAD: Final = struct.pack(">IB", keys.DIGEST_SIZE + 1, Field.DIGEST)


def without_transaction(policy: Q | None) -> tuple[Q | None, int | None]:
    """The policy as errors keep it, without the live transaction; and the transaction's number."""
    if policy is None or policy.txn is None:
        return policy, None
    return attrs.evolve(policy, txn=None), policy.txn.id


@attrs.define(eq=False)
class RecordCommand(Command[R_co], Generic[P, R_co]):
    """A command on one record, which its digest leads to the right node."""

    key: Any
    """What the caller gave; a Key with its digest once the command is prepared."""
    policy: Any = None
    place: keys.Place = attrs.field(init=False, default=keys.NOWHERE)
    serializer: Serializer | None = attrs.field(init=False)
    """The client's, once the command is prepared."""
    digest: bytes = attrs.field(init=False)
    """The key's, once the command is prepared."""

    policy_class: ClassVar[type[RecordPolicy]]
    compressible: ClassVar[bool] = True
    """Whether ``compress`` is about the request; those that carry no values go as they are."""
    compressed_reply: ClassVar[bool] = False
    """Whether ``compress`` asks for a compressed reply."""

    def prepare(self, policies: Policies) -> RecordPolicy:
        policy: RecordPolicy = policies.resolve(self.policy_class, self.policy)
        self.policy = policy
        self.serializer = policies.serializer
        self.key, self.place, self.digest = keys.locate(self.key)
        return policy

    def context(self) -> RecordContext:
        policy, txn = self._settled_policy(), None
        if policy is not None and policy.txn is not None:
            policy, txn = without_transaction(policy)
        return RecordContext(self.operation, policy, _key_or_none(self.key), self.bin_names(), txn)

    def bin_names(self) -> tuple[str, ...]:
        """Names of the bins in the request, for errors."""
        return ()

    def _settled_policy(self) -> RecordPolicy | None:
        return self.policy if isinstance(self.policy, RecordPolicy) else None

    def _request(
        self,
        features: Features,
        info1: int,
        info2: int,
        info3: int,
        generation: int = 0,
        ttl: int = 0,
        ops: Sequence[bytes] = (),
        fields: Sequence[bytes] = (),
        *,
        info4: int = 0,
        with_key: bool = True,
    ) -> bytes:
        """The frame of a request on this record (field order: protocol section 2.7)."""
        policy: RecordPolicy = self.policy
        if policy.compress and self.compressed_reply:
            info1 |= Info1.COMPRESS_RESPONSE
        parts = [b"", b"", self.place.fields, _DIGEST_HEAD, self.digest]
        n_fields = 3
        if policy.txn is not None:
            own = transaction.member_fields(policy.txn, self.digest, write=self.write)
            parts.extend(own)
            n_fields += len(own)
        if with_key and policy.key is SendKey.SEND and self.key.user_key is not None:
            parts.append(field(Field.KEY, keys.key_particle(self.key.user_key)))
            n_fields += 1
        if policy.expressions is not None:
            parts.append(field(Field.FILTER, policy.expressions))
            n_fields += 1
        if fields:
            parts.extend(fields)
            n_fields += len(fields)
        parts.extend(ops)
        parts[1] = MESSAGE.pack(
            MESSAGE_HEADER_SIZE,
            info1,
            info2,
            info3,
            info4_of(policy, features) | info4,
            0,
            generation,
            ttl,
            server_timeout(policy),
            n_fields,
            len(ops),
        )
        parts[0] = frame_header(FrameType.MESSAGE, sum(map(len, parts)))
        request = b"".join(parts)
        if policy.compress_above and self.compressible:
            return compression.compressed(request, policy.compress_above)
        return request


_KEPT: Final = frozenset({int, str, bytes, type(None)})


def _key_or_none(key: Any) -> Key | None:
    """The key for an error's context, as far as what the caller gave is one."""
    if type(key) is Key:
        namespace, set_name, user_key, digest = key
        named = type(namespace) is str and (set_name is None or type(set_name) is str)
        if named and type(user_key) in _KEPT and type(digest) is bytes:
            return key  # as prepare left it
    if not isinstance(key, tuple) or not 3 <= len(key) <= 4 or not isinstance(key[0], str):
        return None
    namespace, set_name, user_key, *rest = key
    if isinstance(user_key, bytearray):
        user_key = bytes(user_key)  # which the program cannot change under the error
    found = rest[0] if rest and isinstance(rest[0], bytes | bytearray) else None
    return Key(
        namespace,
        set_name if isinstance(set_name, str) else None,
        user_key if isinstance(user_key, int | str | bytes) else None,  # nothing alive, nothing that cannot be pickled
        None if found is None else bytes(found),
    )
