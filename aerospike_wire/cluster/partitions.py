"""Who holds which partition (protocol section 3.3)."""

from __future__ import annotations

import base64
import itertools
from typing import Final, Generic, NamedTuple, TypeVar

from aerospike_wire.errors import ProtocolError
from aerospike_wire.proto.keys import PARTITIONS

N = TypeVar("N")

_MAP_BYTES: Final = PARTITIONS // 8
MAX_REPLICAS: Final = 8
"""Columns that a node may claim; real clusters have at most five."""


class Ownership(NamedTuple):
    """What one node says it holds of one namespace."""

    namespace: str
    regime: int
    """0 for available namespaces; strongly consistent ones count their rebalances."""
    columns: tuple[bytes, ...]
    """Bitmaps, master first; bit for partition p: byte p >> 3, mask 0x80 >> (p & 7)."""


def parse_replicas(value: str) -> list[Ownership]:
    """The value of the info command ``replicas``.

    Raises:
        ProtocolError: it is not of the documented form.
    """
    found = []
    for entry in value.split(";"):
        if not entry:
            continue
        namespace, colon, rest = entry.partition(":")
        parts = rest.split(",")
        if not colon or not namespace or len(parts) < 2 or not all(_is_number(part) for part in parts[:2]):
            msg = f"replicas entry {entry[:60]!r} is not namespace:regime,count,map..."
            raise ProtocolError(msg)
        regime, count, maps = int(parts[0]), int(parts[1]), parts[2:]
        if count > MAX_REPLICAS or len(maps) != count:
            msg = f"replicas of {namespace!r} claim {count} maps and have {len(maps)}"
            raise ProtocolError(msg)
        found.append(Ownership(namespace, regime, tuple(_bitmap(namespace, text) for text in maps)))
    return found


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


def _bitmap(namespace: str, text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError as error:  # binascii.Error is one; text beyond ASCII is a plain one
        msg = f"a partition map of {namespace!r} is not base64: {error}"
        raise ProtocolError(msg) from None
    if len(data) != _MAP_BYTES:
        msg = f"a partition map of {namespace!r} has {len(data)} bytes, expected {_MAP_BYTES}"
        raise ProtocolError(msg)
    return data


_DIGITS: Final = bytes.maketrans(b"01", b"\x00\x01")


def owned(bitmap: bytes) -> list[int]:
    """The partitions whose bits are set."""
    # Done in C throughout: clients meet 4096 bits a namespace and column whenever they connect.
    digits = f"{int.from_bytes(bitmap):0{PARTITIONS}b}".encode().translate(_DIGITS)
    return list(itertools.compress(range(PARTITIONS), digits))


class Table(Generic[N]):
    """The nodes of one namespace's partitions."""

    __slots__ = ("_shares", "_version", "columns", "regimes", "strong")

    def __init__(self) -> None:
        self.columns: list[list[N | None]] = []
        """Replica number, then partition."""
        self.regimes: list[int] = [0] * PARTITIONS
        """The newest regime that was heard of, by partition."""
        self.strong = False
        """True for a strongly consistent namespace: only those have regimes."""
        self._version = 0
        self._shares: tuple[int, dict[N, list[int]]] = (-1, {})

    def shares(self) -> dict[N, list[int]]:
        """The partitions that each node is the master of; a partition without one is in none of them."""
        version, found = self._shares
        if version != self._version:
            # Another thread may change the columns meanwhile, which makes this a new version's business.
            version, found = self._version, {}
            for pid, node in enumerate(self.columns[0] if self.columns else ()):
                if node is not None:
                    found.setdefault(node, []).append(pid)
            self._shares = version, found
        return found

    def changed(self) -> None:
        """Note that :attr:`columns` are not what they were."""
        self._version += 1


class PartitionMap(Generic[N]):
    """All tables, merged from what the nodes say of themselves.

    A cell is overwritten by whoever claims the partition, unless the claim is of an older
    regime; it is never cleared by a claim that is missing, because nodes report at
    different times.
    """

    __slots__ = ("tables",)

    def __init__(self) -> None:
        self.tables: dict[str, Table[N]] = {}

    def merge(self, node: N, claims: list[Ownership]) -> list[N]:
        """Take over what a node says it holds; gives the nodes that lost a partition to it."""
        losers: dict[int, N | None] = {}
        for claim in claims:
            table = self.tables.get(claim.namespace)
            fresh = table is None
            if table is None:
                table = Table()
            table.strong = table.strong or claim.regime > 0
            while len(table.columns) < len(claim.columns):
                table.columns.append([None] * PARTITIONS)
            for column, bitmap in zip(table.columns, claim.columns, strict=False):
                pids = owned(bitmap)
                if table.strong:
                    pids = [pid for pid in pids if claim.regime >= table.regimes[pid]]
                    for pid in pids:
                        table.regimes[pid] = claim.regime
                held = [column[pid] for pid in pids]
                if held.count(None) < len(held):
                    losers.update(zip(map(id, held), held, strict=True))
                for pid in pids:
                    column[pid] = node
            table.changed()
            if fresh:
                self.tables[claim.namespace] = table
        return [loser for loser in losers.values() if loser is not None and loser is not node]

    def holds(self, node: N) -> bool:
        """True if any cell names the node."""
        return any(node in column for table in self.tables.values() for column in table.columns)
