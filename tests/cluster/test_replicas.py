"""Which node of a partition is asked."""

from __future__ import annotations

from typing import Any

import pytest
from cases import for_each

from aerospike_wire.cluster.replicas import choose, for_reading
from aerospike_wire.policy import ReadModeSC, Replica


class Spot:
    """A node, as far as choosing goes."""

    def __init__(self, name: str, *, active: bool = True) -> None:
        self.name = name
        self.active = active
        self.racks: dict[str, int] = {}


def columns(*nodes: Spot | None) -> Any:
    """One partition, held by these nodes as master, second, ..."""
    return [[node] for node in nodes]


A, B, C = Spot("A"), Spot("B"), Spot("C")
GONE = Spot("gone", active=False)


def ask(nodes: Any, replica: Replica, attempt: int, *, write: bool = False) -> str | None:
    found = choose(nodes, 0, replica, attempt, write=write)
    return None if found is None else found.name


@for_each("write", [True, False])
@for_each("replica", [Replica.SEQUENCE, Replica.PREFER_RACK])
def test_sequence(replica: Replica, write: bool) -> None:
    """The master is asked first, then one replica after the other, and again from the master."""
    asked = [ask(columns(A, B, C), replica, attempt, write=write) for attempt in range(5)]
    assert asked == ["A", "B", "C", "A", "B"]


@pytest.mark.parametrize("write", [True, False])
def test_master(write: bool) -> None:
    """Only the master is asked, and nobody if there is none."""
    assert {ask(columns(A, B), Replica.MASTER, attempt, write=write) for attempt in range(4)} == {"A"}
    assert ask(columns(GONE, B), Replica.MASTER, 0, write=write) is None
    assert ask(columns(None, B), Replica.MASTER, 0, write=write) is None


def test_any_takes_turns() -> None:
    """Reads go round all replicas; each gets its share."""
    asked = [ask(columns(A, B), Replica.ANY, 0) for _ in range(10)]
    assert sorted(asked) == ["A"] * 5 + ["B"] * 5


def test_any_is_for_reads() -> None:
    """Writes begin with the master whatever the turn."""
    assert {ask(columns(A, B), Replica.ANY, 0, write=True) for _ in range(6)} == {"A"}


@pytest.mark.parametrize("write", [True, False])
def test_random_reaches_all(write: bool) -> None:
    """Chance picks among all replicas."""
    assert {ask(columns(A, B, C), Replica.RANDOM, 0, write=write) for _ in range(200)} == {"A", "B", "C"}


@for_each("replica", [Replica.SEQUENCE, Replica.ANY, Replica.PREFER_RACK, Replica.RANDOM])
def test_nodes_that_left_are_passed_over(replica: Replica) -> None:
    """Whatever the policy, an inactive or unknown node is not chosen while another one is there."""
    for nodes in (columns(GONE, B), columns(None, B), columns(B, GONE), columns(GONE, None, B)):
        for attempt in range(4):
            assert ask(nodes, replica, attempt) == "B"


@for_each("replica", list(Replica))
def test_nobody_is_left(replica: Replica) -> None:
    """Without an active node the answer is None, for a table without replicas too."""
    assert ask(columns(GONE, None), replica, 0) is None
    assert ask([], replica, 0) is None
    assert ask([], replica, 0, write=True) is None


@for_each("replica", list(Replica))
def test_available_namespaces_take_the_policy_as_it_is(replica: Replica) -> None:
    """Consistency modes mean nothing without strong consistency."""
    assert {for_reading(replica, mode, strong=False) for mode in ReadModeSC} == {replica}


@for_each(
    ("mode", "replica", "expected"),
    [
        (ReadModeSC.SESSION, Replica.ANY, Replica.MASTER),
        (ReadModeSC.SESSION, Replica.SEQUENCE, Replica.MASTER),
        (ReadModeSC.LINEARIZE, Replica.PREFER_RACK, Replica.SEQUENCE),
        (ReadModeSC.LINEARIZE, Replica.MASTER, Replica.MASTER),
        (ReadModeSC.ALLOW_REPLICA, Replica.ANY, Replica.ANY),
        (ReadModeSC.ALLOW_UNAVAILABLE, Replica.PREFER_RACK, Replica.PREFER_RACK),
    ],
)
def test_strong_consistency_narrows_the_choice(mode: ReadModeSC, replica: Replica, expected: Replica) -> None:
    """Session reads go to the master; linearized ones do not prefer a rack; relaxed ones are free."""
    assert for_reading(replica, mode, strong=True) is expected


# Racks


def racked(name: str, **racks: int) -> Spot:
    """A node with its rack in each namespace."""
    spot = Spot(name)
    spot.racks = racks
    return spot


def in_rack(nodes: Any, racks: list[int], *, step: int = 0, **facts: Any) -> str | None:
    facts = {"write": False, "namespace": "test", **facts}
    found = choose(nodes, 0, Replica.PREFER_RACK, step, racks=racks, **facts)
    return None if found is None else found.name


NEAR, FAR, FARTHER = racked("near", test=2), racked("far", test=1), racked("farther", test=3)


def test_reads_prefer_the_rack_whichever_replica_it_has() -> None:
    """The master in another rack is passed over, at the first try and at every other."""
    for nodes in (columns(NEAR, FAR), columns(FAR, NEAR), columns(FAR, FARTHER, NEAR)):
        assert {in_rack(nodes, [2], step=step) for step in range(4)} == {"near"}


def test_racks_are_preferred_in_their_order() -> None:
    """The second is taken where the first has no replica."""
    assert in_rack(columns(FAR, FARTHER, NEAR), [2, 3]) == "near"
    assert in_rack(columns(FAR, FARTHER), [2, 3]) == "farther"


def test_without_a_replica_in_the_rack_reads_go_as_in_sequence() -> None:
    """No rack is better than no answer."""
    assert [in_rack(columns(FAR, FARTHER), [2], step=step) for step in range(3)] == ["far", "farther", "far"]


def test_a_node_of_the_rack_that_failed_is_avoided() -> None:
    """A retry leaves the rack, unless nobody else is active."""
    assert in_rack(columns(FAR, NEAR), [2], failed=NEAR, step=1) == "far"
    assert in_rack(columns(GONE, NEAR), [2], failed=NEAR, step=1) == "near"
    gone = racked("gone too", test=2)
    gone.active = False
    assert in_rack(columns(gone, FAR), [2]) == "far"


def test_racks_are_those_of_the_namespace() -> None:
    """A node may stand in another rack for another namespace."""
    other = racked("other", test=1, bar=2)
    assert in_rack(columns(FAR, other), [2]) == "far"
    assert in_rack(columns(FAR, other), [2], namespace="bar") == "other"


def test_writes_do_not_look_at_racks() -> None:
    """They begin with the master."""
    assert in_rack(columns(FAR, NEAR), [2], write=True) == "far"


@pytest.mark.parametrize("replica", [Replica.ANY, Replica.RANDOM])
def test_a_node_that_failed_is_avoided(replica: Replica) -> None:
    """ANY and RANDOM ask it again only if no other is active."""
    asked = {choose(columns(A, B), 0, replica, 1, write=False, failed=A) for _ in range(20)}
    assert asked == {B}
    assert choose(columns(A, GONE), 0, replica, 1, write=False, failed=A) is A
