"""Expressions of indexes as text, next to what a server wrote."""

from __future__ import annotations

import base64
import gzip
import json
import pathlib

from aerospike_wire.embedded import index_texts
from aerospike_wire.proto import msgpack

DATA = pathlib.Path(__file__).parent.parent / "data" / "index_texts.jsonl.gz"


def test_expressions() -> None:
    """Each operation has the name and the order of arguments that it has on a server."""
    different = []
    with gzip.open(DATA) as lines:
        for line in lines:
            packed, wanted = json.loads(line)
            found = index_texts.expression(msgpack.unpack_from(base64.b64decode(packed), 0)[0])
            if found != wanted:
                different.append((wanted, found))
    assert different == []


def test_what_has_no_known_text() -> None:
    """Of what is not known there is no text at all, rather than a wrong one."""
    for item in (
        [],
        [999],
        [20, [999]],
        [127, 2, 0, [], 1],
        [127, 2, 0, [999], 1],
        [127, 2, 9, [1], 1],
        [124, "x"],
        [126, 5],
    ):
        assert index_texts.expression(item) is None
