"""Info commands about queries and background jobs (protocol section 5.8)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from aerospike_wire.embedded.info_parameters import OK, InfoRefusal
from aerospike_wire.errors.codes import ResultCode

if TYPE_CHECKING:
    from aerospike_wire.embedded.info_parameters import Parameters
    from aerospike_wire.embedded.node import Node, Session

_NUMBER: Final = re.compile(r"([+-]?)(?:0[xX]([0-9a-fA-F]+)|0([0-7]+)|(0|[1-9][0-9]*))", re.ASCII)
_MAX_ID: Final = 25
"""Characters of an id."""


def _job_id(parameters: Parameters) -> int | None:
    wanted = parameters.find("id")
    wanted = parameters.find("trid") if wanted is None else wanted
    if wanted is None:
        return None
    if not wanted:
        raise InfoRefusal(ResultCode.INVALID_REQUEST, "missing 'id' value")
    if len(wanted.encode(errors="surrogateescape")) > _MAX_ID:
        raise InfoRefusal(ResultCode.INVALID_REQUEST, "'id' value too long")
    found = _NUMBER.fullmatch(wanted)
    # Hexadecimal behind 0x, octal behind 0, and a minus that wraps around, as C reads numbers.
    sign, *digits = found.groups() if found else ("", None, None, "0")
    number = next(int(text, base) for text, base in zip(digits, (16, 8, 10), strict=True) if text)
    if not 0 < number < 1 << 64:
        raise InfoRefusal(ResultCode.INVALID_REQUEST, "bad id")
    return (1 << 64) - number if sign == "-" else number


def show(node: Node, _session: Session, parameters: Parameters) -> str:
    """``query-show``: one job by its id, or all that run or are remembered."""
    wanted = _job_id(parameters)
    if wanted is None:
        return ";".join(job.described() for job in node.jobs)
    job = node.jobs.find(wanted)
    if job is None:
        raise InfoRefusal(ResultCode.RECORD_NOT_FOUND, "job not found")
    return job.described()


def abort(node: Node, _session: Session, parameters: Parameters) -> str:
    """``query-abort``: stop a job that runs."""
    wanted = _job_id(parameters)
    if wanted is None:
        raise InfoRefusal(ResultCode.INVALID_REQUEST, "missing 'id'")
    if not node.jobs.abort(wanted):
        raise InfoRefusal(ResultCode.RECORD_NOT_FOUND, "id not active")
    return OK


def abort_all(node: Node, _session: Session, _parameters: Parameters) -> str:
    """``query-abort-all``: stop all jobs that run."""
    return f"number-of-queries-killed:{node.jobs.abort_all()}"
