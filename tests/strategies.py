"""What hypothesis makes for several tests: values that a server can hold, and damaged bytes."""

from __future__ import annotations

from hypothesis import strategies as st

from aerospike_wire.types import GeoJSON, HyperLogLog, KeyOrderedDict

INTEGERS = st.integers(-(2**63), 2**63 - 1)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
BLOBS = st.binary(max_size=40)
SKETCHES = BLOBS.map(HyperLogLog)
GEO = TEXTS.map(GeoJSON)
SCALARS = st.one_of(st.none(), st.booleans(), INTEGERS, st.floats(), TEXTS, BLOBS, GEO, SKETCHES)
MAP_KEYS = st.one_of(INTEGERS, TEXTS, BLOBS)
NESTED = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=20),
        st.dictionaries(MAP_KEYS, inner, max_size=20),
        st.dictionaries(MAP_KEYS, inner, max_size=20).map(KeyOrderedDict),
    ),
    max_leaves=25,
)


def damaged(whole: bytes) -> st.SearchStrategy[bytes]:
    """The bytes with a few of them changed, cut off or added: nearly right, so that it is read far."""

    def apply(edits: list[tuple[int, int, int]]) -> bytes:
        data = bytearray(whole)
        for kind, place, byte in edits:
            at = place % (len(data) + 1)
            if kind == 0 and at < len(data):
                data[at] = byte
            elif kind == 1:
                del data[at:]
            elif kind == 2:
                data[at:at] = bytes((byte,)) * (place % 5)
            elif kind == 3:
                del data[at : at + byte % 9]
        return bytes(data)

    edit = st.tuples(
        st.integers(0, 3), st.integers(0, 2000), st.sampled_from([0, 1, 2, 3, 4, 20, 22, 0x7F, 0x80, 0xFE, 0xFF])
    )
    return st.lists(edit, min_size=1, max_size=4).map(apply)


def like(value: object, other: object) -> bool:
    """Equal and of the same types all the way down; NaN is like NaN."""
    if isinstance(value, float):
        return isinstance(other, float) and (value == other or (value != value and other != other))
    if isinstance(value, list):
        return type(other) is list and len(value) == len(other) and all(map(like, value, other))
    if isinstance(value, dict):
        return (
            type(other) is type(value)
            and value.keys() == other.keys()
            and all(like(item, other[key]) for key, item in value.items())
        )
    return type(value) is type(other) and value == other
