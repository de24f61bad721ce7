"""A short run of the chaos; ``python -m tests.chaos`` makes long ones."""

from __future__ import annotations

import signal

import pytest

from .book import Book, Cancelled, Ledger, Register, State, Tally
from .run import Plan, run


@pytest.mark.long
@pytest.mark.parametrize(("client", "workers"), [("async", 64), ("sync", 16)])
def test_nothing_is_lost_while_nodes_break(client: str, workers: int) -> None:
    report = run(Plan(client, 1200, 11, workers, every=100))
    assert report.good, report.text()
    assert report.book.calls >= 1200
    assert report.trouble.events


@pytest.mark.long
@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="needs the signals of Unix")
def test_nothing_is_lost_while_processes_are_killed_and_stopped() -> None:
    report = run(Plan("async", 480, 12, 64, every=80, processes=True))
    assert report.good, report.text()


def test_checker_sees_lost_and_forbidden_writes() -> None:
    ledger = Ledger(
        ("test", "ledgers", 1), {"a": State.APPLIED, "b": State.REFUSED, "c": State.DOUBTFUL, "d": State.FLYING}
    )
    must = ledger.applied()
    assert must == {"a"}
    assert ledger.check({"a"}, must) is None
    assert ledger.check({"a", "c", "d"}, must) is None
    assert "missing" in (ledger.check({"c"}, must) or "")
    assert "refused" in (ledger.check({"a", "b"}, must) or "")
    assert "refused" in (ledger.check({"a", "nobody's"}, must) or "")


def test_checker_knows_what_a_register_and_a_counter_may_hold() -> None:
    register = Register(("test", "registers", 1), settled=5, doubtful={3, None})
    assert [register.check(value) is None for value in (5, 3, None, 4)] == [True, True, True, False]
    tally = Tally(("test", "counters", 1), applied=10, doubtful=2)
    assert [tally.check(value) is None for value in (9, 10, 12, 13)] == [False, True, True, False]


def test_checker_holds_doubt_against_the_attempts() -> None:
    class Attempt:
        sent, answered, code = True, False, -10

    class Failure(Exception):
        attempts, in_doubt, elapsed = (Attempt(),), False, 1.0

    book = Book()
    book.judge(Failure(), write=True)
    assert len(book.violations) == 1
    book.judge(Failure(), write=False)
    assert len(book.violations) == 1
    ledger = Ledger(("test", "ledgers", 1))
    ledger.end("x", Cancelled(in_doubt=True))
    ledger.end("y", Failure())
    ledger.end("z", None)
    assert ledger.tokens == {"x": State.DOUBTFUL, "y": State.REFUSED, "z": State.APPLIED}
