"""The demonstration: every exception, provoked by a call of each client over a real socket."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from aerospike_wire.demo.report import findings, json_rows, lines
from aerospike_wire.demo.stage import play

if TYPE_CHECKING:
    from aerospike_wire.terminal import Style

__all__ = ["run"]


def run(style: Style, *, as_json: bool = False) -> int:
    """Provoke everything and print what came of it.

    Args:
        style: how to mark text.
        as_json: print an array of one object for each class and client instead of the tree.

    Returns:
        The exit status: 0 if every class that a call can raise was raised by both clients.
    """
    found = findings(play())
    if as_json:
        print(json.dumps(json_rows(found), indent=2))
    else:
        for line in lines(found, style):
            print(line)
    return int(any(finding.failed for finding in found))
