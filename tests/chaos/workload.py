"""What each worker does: a generator of calls, the same for tasks and for threads."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, Final

import attrs

from aerospike_wire import errors
from aerospike_wire.batch import Write
from aerospike_wire.operations import map_put
from aerospike_wire.policy import BatchPolicy, OperatePolicy, ReadPolicy, RemovePolicy, WritePolicy

from .book import Book, Cancelled, Ledger, Register, State, Tally, state_of

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

NAMESPACE: Final = "test"
TOKENS: Final = 12
"""Writes to a ledger before a new one is begun."""
STILL: Final = 150
"""Records that nobody changes, for queries."""
READ: Final = ReadPolicy(total_timeout=3000, socket_timeout=400, max_retries=3, sleep_between_retries=5)
REPEATED: Final = OperatePolicy(total_timeout=3000, socket_timeout=400, max_retries=3, sleep_between_retries=5)
"""For writes that may safely be carried out twice."""
ONCE: Final = WritePolicy(total_timeout=1500, socket_timeout=400, max_retries=0)
REMOVE: Final = RemovePolicy(total_timeout=1500, socket_timeout=400, max_retries=0)
INCREMENT: Final = OperatePolicy(total_timeout=1500, socket_timeout=400, max_retries=0)
"""For those that may not."""
BATCH: Final = BatchPolicy(total_timeout=3000, socket_timeout=400, max_retries=3)
QUERY: Final = {"total_timeout": 8000, "socket_timeout": 1500, "max_retries": 10, "sleep_between_retries": 20}


@attrs.frozen
class Call:
    """One call of a client."""

    method: str
    args: tuple[Any, ...]
    write: bool = False
    cancel_after: float | None = None
    """Seconds after which the caller loses patience; threads have no way to."""


Outcome = Any
"""What the call returned, the error that it raised, or Cancelled."""


class Worker:
    """One task or thread.

    Args:
        number: which one.
        seed: of the whole run.
        book: where everything is noted.
        workers: all of them, whose ledgers are read too.
    """

    def __init__(self, number: int, seed: int, book: Book, workers: Sequence[Worker]) -> None:
        self.number = number
        self.random = random.Random(seed * 1000 + number)
        self.book = book
        self.workers = workers
        self.register = Register((NAMESPACE, "registers", number))
        book.registers.append(self.register)
        self.ledgers: list[Ledger] = []
        self.sequence = 0

    def ledger(self) -> Ledger:
        """The ledger that is being written."""
        if not self.ledgers or len(self.ledgers[-1].tokens) >= TOKENS:
            made = Ledger((NAMESPACE, "ledgers", f"{self.number}/{len(self.ledgers)}"))
            self.ledgers.append(made)
            self.book.ledgers.append(made)
        return self.ledgers[-1]

    def token(self) -> str:
        """A name that no other write has."""
        self.sequence += 1
        return f"{self.number}.{self.sequence}"

    def some_ledger(self) -> Ledger:
        """One that exists, mostly a recent one."""
        worker = self.random.choice(self.workers)
        if not worker.ledgers:
            return self.ledger()
        return worker.ledgers[-1] if self.random.random() < 0.7 else self.random.choice(worker.ledgers)

    def work(self) -> Generator[Call, Outcome, None]:
        """Calls without end."""
        kinds = (self.add, self.read, self.put, self.get, self.remove, self.count, self.add_batch, self.read_batch,
                 self.exists, self.query)  # fmt: skip
        weights = (300, 280, 100, 100, 40, 60, 30, 30, 60, 0.5)
        while True:
            (kind,) = self.random.choices(kinds, weights)
            yield from kind()

    def patience(self) -> float | None:
        """A few callers lose it."""
        return self.random.uniform(0.0002, 0.02) if self.random.random() < 0.02 else None

    # Ledgers

    def add(self) -> Generator[Call, Outcome, None]:
        """Put one token."""
        ledger, token = self.ledger(), self.token()
        ledger.tokens[token] = State.FLYING
        ops = [map_put("t", token, 1)]
        outcome = yield Call("operate", (ledger.key, ops, None, REPEATED), write=True, cancel_after=self.patience())
        ledger.end(token, outcome)

    def read(self) -> Generator[Call, Outcome, None]:
        """Everything that was acknowledged before is there, and nothing that was refused."""
        ledger = self.some_ledger()
        must = ledger.applied()
        outcome = yield Call("get", (ledger.key, READ), cancel_after=self.patience())
        self.check_ledger(ledger, must, outcome)

    def check_ledger(self, ledger: Ledger, must: frozenset[str], outcome: Outcome) -> None:
        """Look at what a read returned or raised."""
        if isinstance(outcome, errors.RecordNotFound):
            self.book.blame(ledger.check((), must))
        elif not isinstance(outcome, BaseException | Cancelled):
            self.book.blame(ledger.check(outcome.bins["t"], must))

    def read_batch(self) -> Generator[Call, Outcome, None]:
        """The same for several ledgers at once."""
        ledgers = list({ledger.key: ledger for ledger in (self.some_ledger() for _ in range(4))}.values())
        must = [ledger.applied() for ledger in ledgers]
        outcome = yield Call("batch_read", ([ledger.key for ledger in ledgers], None, BATCH))
        if isinstance(outcome, BaseException | Cancelled):
            return
        for ledger, needed, row in zip(ledgers, must, outcome, strict=True):
            if row.in_doubt:
                self.book.blame(f"{ledger.key}: a row that reads is in doubt")
            if row.result == 2:
                self.book.blame(ledger.check((), needed))
            elif row.ok:
                self.book.blame(ledger.check(row.record.bins["t"], needed))

    def add_batch(self) -> Generator[Call, Outcome, None]:
        """A token for each of some ledgers of one's own."""
        ledgers = [self.ledger(), *self.random.sample(self.ledgers, min(3, len(self.ledgers)))]
        ledgers = list({ledger.key: ledger for ledger in ledgers}.values())
        tokens = [self.token() for _ in ledgers]
        rows = []
        for ledger, token in zip(ledgers, tokens, strict=True):
            ledger.tokens[token] = State.FLYING
            rows.append(Write(ledger.key, [map_put("t", token, 1)]))
        outcome = yield Call("batch_write", (rows, BATCH), write=True, cancel_after=self.patience())
        whole = isinstance(outcome, BaseException | Cancelled)
        for place, (ledger, token) in enumerate(zip(ledgers, tokens, strict=True)):
            row = None if whole else outcome[place]
            ledger.end(token, outcome if row is None else None if row.ok else row.error)

    def exists(self) -> Generator[Call, Outcome, None]:
        """A record to which something was acknowledged exists."""
        ledger = self.some_ledger()
        must = ledger.applied()
        outcome = yield Call("exists", (ledger.key, READ))
        if not isinstance(outcome, BaseException | Cancelled) and outcome[1] is None and must:
            self.book.blame(f"{ledger.key}: does not exist, although writes were acknowledged")

    # Registers and counters

    def put(self) -> Generator[Call, Outcome, None]:
        """Overwrite one's register."""
        self.sequence += 1
        value = self.sequence
        outcome = yield Call(
            "put", (self.register.key, {"v": value}, None, ONCE), write=True, cancel_after=self.patience()
        )
        self.note_register(value, outcome)

    def remove(self) -> Generator[Call, Outcome, None]:
        """Remove it."""
        outcome = yield Call("remove", (self.register.key, None, REMOVE), write=True, cancel_after=self.patience())
        if isinstance(outcome, errors.RecordNotFound):
            self.book.blame(self.register.check(None))
            return
        self.note_register(None, outcome)

    def note_register(self, value: Any, outcome: Outcome) -> None:
        """Remember what may be there."""
        state = state_of(outcome)
        if state is State.APPLIED:
            self.register.settled = value
        elif state is State.DOUBTFUL:
            self.register.doubtful.add(value)

    def get(self) -> Generator[Call, Outcome, None]:
        """Read it: nobody else writes it."""
        outcome = yield Call("get", (self.register.key, READ))
        if isinstance(outcome, errors.RecordNotFound):
            self.book.blame(self.register.check(None))
        elif not isinstance(outcome, BaseException | Cancelled):
            self.book.blame(self.register.check(outcome.bins["v"]))

    def count(self) -> Generator[Call, Outcome, None]:
        """One more."""
        tally: Tally = self.random.choice(self.book.tallies)
        outcome = yield Call(
            "increment", (tally.key, "n", 1, None, INCREMENT), write=True, cancel_after=self.patience()
        )
        state = state_of(outcome)
        if state is not State.REFUSED:
            tally.count(doubtful=state is State.DOUBTFUL)

    # Queries

    def query(self) -> Generator[Call, Outcome, None]:
        """Each record of a set that nobody changes, once."""
        outcome = yield Call("query", (NAMESPACE, "still", QUERY))
        if isinstance(outcome, BaseException | Cancelled):
            return
        numbers = sorted(record.bins["i"] for record in outcome)
        if numbers != list(range(STILL)):
            missing = sorted(set(range(STILL)) - set(numbers))
            self.book.blame(f"a query found {len(numbers)} of {STILL} records; missing {missing[:5]}")
