"""Expressions tried on values at hand, without a server."""

from __future__ import annotations

import importlib
import time
from typing import TYPE_CHECKING, Any

from aerospike_wire.errors import ParamError
from aerospike_wire.expressions.base import translated
from aerospike_wire.expressions.evaluate import REMOVED, UNKNOWN, Malformed, Subject, parse, to_particle
from aerospike_wire.proto import keys, values
from aerospike_wire.proto.invalid import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aerospike_wire.expressions.evaluate import Engines

_NAMES = frozenset({"ttl", "gen", "last_update", "size"})


def _engines() -> Engines:
    # By its name, since the node is built on this package and not the other way round; a
    # program that never asks for an evaluation never loads it.
    found: Engines = importlib.import_module("aerospike_wire.embedded.engines").ENGINES
    return found


def evaluate(
    expression: bytes,
    bins: Mapping[str, Any],
    key: Any,
    meta: Mapping[str, Any],
    engines: Engines | None,
) -> Any:
    """What an expression is on a record; see :meth:`Expression.evaluate`.

    Raises:
        ParamError: a server would refuse the expression, or a bin or the key cannot be stored.
    """
    engines = engines or _engines()
    try:
        program = parse(expression)
    except Malformed as error:
        msg = f"a server refuses the expression: {error}"
        raise ParamError(msg) from None
    found = program.run(_subject(bins, key, meta, engines), engines)
    if found is UNKNOWN or found is REMOVED:
        return UNKNOWN
    return values.decode(*to_particle(program.kind, found))


def _subject(bins: Mapping[str, Any], key: Any, meta: Mapping[str, Any], engines: Engines) -> Subject:
    for name in meta:
        if name not in _NAMES:
            raise ParamError.about("meta", f"has no entry {name!r}; there are {', '.join(sorted(_NAMES))}")
    stored = getattr(engines, "stored", None)
    packed: dict[bytes, tuple[int, bytes]] = {}
    try:
        for name, value in bins.items():
            particle: Any = values.encode(value, f"bins[{name!r}]")
            if value is None:
                continue
            if stored is not None:
                particle = stored(particle)
                if particle is None:
                    raise ParamError.about(f"bins[{name!r}]", "holds what no server stores")
            packed[values.bin_name(name, "bins")] = particle
        digest, set_name, user_key = _key(key)
    except InvalidArgument as invalid:
        raise translated(invalid) from invalid.__cause__
    now = time.time_ns()
    ttl = meta.get("ttl")
    size = meta.get("size", sum(len(name) + len(data) for name, (_, data) in packed.items()))
    return Subject(
        bins=packed,
        digest=digest,
        set=set_name,
        key=user_key,
        last_update=meta.get("last_update", now),
        now=now,
        void_time=None if ttl in (None, -1, 0xFFFF_FFFF) else now + ttl * 1_000_000_000,
        size=size,
        memory=size,
    )


def _key(key: Any) -> tuple[bytes, bytes, bytes | None]:
    """Digest, set and stored user key."""
    if key is None:
        return bytes(20), b"", None
    found, place = keys.resolve(key)
    stored = None if found.user_key is None else keys.key_particle(found.user_key)
    return found.digest or bytes(20), place.set, stored
