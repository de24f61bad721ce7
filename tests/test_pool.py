"""The links of one node: limits, idling, and links of both kinds."""

from __future__ import annotations

from typing import Any

import pytest
from fake_runtime import FakeLink, FakeRuntime

from aerospike_wire import errors
from aerospike_wire.pool import PIPELINE_DEPTH, Pool, PoolLimits
from aerospike_wire.transport import LinkFailure
from aerospike_wire.transport.blocking import run


class Bench:
    """A pool that opens fake links."""

    def __init__(self, **limits: Any) -> None:
        self.runtime = FakeRuntime()
        self.opened: list[FakeLink] = []
        self.refuse = False
        fakes: Any = (self.runtime, self._connect)
        self.pool = Pool(*fakes, PoolLimits(**{"wait": False, **limits}))

    async def _connect(self, deadline: float | None) -> FakeLink:
        if self.refuse:
            raise LinkFailure(-10, "refused", sent=False)
        self.opened.append(FakeLink(self.runtime))
        return self.opened[-1]

    def lease(self) -> Any:
        return run(self.pool.lease(None))

    def shared(self) -> Any:
        return run(self.pool.lease_shared(None))


def test_the_last_link_used_is_used_first() -> None:
    """Idle links come back last in, first out, so that the others can age."""
    bench = Bench()
    first, second = bench.lease(), bench.lease()
    bench.pool.give_back(first)
    bench.pool.give_back(second)
    assert bench.lease() is second
    assert bench.lease() is first
    assert len(bench.opened) == bench.pool.size == 2


def test_no_more_links_than_allowed() -> None:
    """At the limit a lease fails with a code of its own, and works again once a link is back."""
    bench = Bench(maximum=2)
    link, _ = bench.lease(), bench.lease()
    with pytest.raises(LinkFailure, match="all 2 connections") as caught:
        bench.lease()
    assert caught.value.code == errors.ResultCode.NO_MORE_CONNECTIONS
    assert not caught.value.sent
    bench.pool.give_back(link)
    assert bench.lease() is link


def test_a_failed_connect_takes_no_place() -> None:
    """What could not be opened does not count."""
    bench = Bench(maximum=1)
    bench.refuse = True
    for _ in range(3):
        with pytest.raises(LinkFailure, match="refused"):
            bench.lease()
        with pytest.raises(LinkFailure, match="refused"):
            bench.shared()
    assert bench.pool.size == 0
    bench.refuse = False
    bench.lease()


@pytest.mark.parametrize("keep", [True, False])
def test_a_link_that_broke_is_not_kept(keep: bool) -> None:
    """A link that is unusable, still owes an answer, or is not to be kept, is closed."""
    bench = Bench()
    broken, owing, unwanted = bench.lease(), bench.lease(), bench.lease()
    broken.usable = False
    owing.load = 1
    bench.pool.give_back(broken, keep=keep)
    bench.pool.give_back(owing, keep=keep)
    bench.pool.give_back(unwanted, keep=False)
    assert bench.pool.size == 0
    assert [link.usable for link in bench.opened] == [False] * 3
    assert bench.lease() not in bench.opened[:3]


def test_a_link_counts_once_however_often_it_is_thrown_away() -> None:
    """The reader of a bad answer discards the link and its holder gives it back: that is one link less, not two."""
    bench = Bench()
    link, _ = bench.lease(), bench.lease()
    bench.pool.discard(link)
    bench.pool.give_back(link, keep=True)
    bench.pool.give_back(link, keep=False)
    bench.pool.discard(link)
    assert bench.pool.size == 1
    shared = bench.shared()
    for _ in range(3):  # every caller on a shared link reports its failure
        bench.pool.discard(shared)
    assert bench.pool.size == 1
    assert shared not in bench.pool.links()


async def test_failures_do_not_lift_the_limit(make_client: Any, server: Any) -> None:
    """After many broken answers the pool still counts its links right."""
    client = make_client(server.address, max_conns_per_node=3)
    await client.put(("test", "pool", 1), {"a": 1})
    server.faults.on("get").times(20).answer(80)
    server.faults.on("batch").times(20).garbage()
    for _ in range(20):
        with pytest.raises(errors.AerospikeError):
            await client.get(("test", "pool", 1), policy={"max_retries": 0})
        await client.batch_read([("test", "pool", 1), ("test", "pool", 2)], policy={"max_retries": 0})
    (node,) = client.client._core.cluster.nodes.values()
    await client.get(("test", "pool", 1))
    assert node.pool.size == len(node.pool.links())
    assert 1 <= node.pool.size <= 3


def test_a_fresh_link_is_used_unseen() -> None:
    """A link that was used a moment ago is not probed."""
    bench = Bench()
    link = bench.lease()
    bench.pool.give_back(link)
    assert bench.lease() is link
    assert link.probed == 0


def test_a_link_that_rested_is_probed() -> None:
    """After a second of idling a link is looked at, and left out if the node has closed it."""
    bench = Bench()
    good, bad = bench.lease(), bench.lease()
    bad.healthy = False
    bench.pool.give_back(good)
    bench.pool.give_back(bad)
    bench.runtime.clock += 2
    assert bench.lease() is good
    assert (good.probed, bad.probed) == (1, 1)
    assert bad.closed
    assert bench.pool.size == 1


def test_a_link_that_idled_too_long_is_not_used() -> None:
    """A link that is older than the limit is closed, because servers close theirs soon after."""
    bench = Bench(idle=55.0)
    link = bench.lease()
    bench.pool.give_back(link)
    bench.runtime.clock += 55
    assert bench.lease() is not link
    assert link.closed
    assert link.probed == 0


def test_forgotten_links_are_closed_in_time() -> None:
    """Links left over from a busy time are closed while others work, though nobody asks for them."""
    bench = Bench(idle=55.0)
    many = [bench.lease() for _ in range(5)]
    for link in many:
        bench.pool.give_back(link)
    for _ in range(12):
        bench.runtime.clock += 10
        link = bench.lease()
        link.last_used = bench.runtime.clock
        bench.pool.give_back(link)
    assert bench.pool.size == 1
    assert sum(link.usable for link in many) == 1


def test_shared_links_are_filled_in_turn() -> None:
    """Callers get the same link until it is deep in work, and again when it has room."""
    bench = Bench()
    link = bench.shared()
    assert bench.shared() is link
    link.load = PIPELINE_DEPTH - 1
    assert bench.shared() is link
    link.load = PIPELINE_DEPTH
    other = bench.shared()
    assert other is not link
    assert bench.shared() is other
    assert bench.pool.first is link
    link.load = PIPELINE_DEPTH - 1
    assert bench.shared() is link


def test_shared_links_are_few() -> None:
    """Beyond the limit of shared links the least loaded one takes what comes."""
    bench = Bench(pipelines=2)
    first = bench.shared()
    first.load = 200
    second = bench.shared()
    second.load = 100
    assert bench.shared() is second
    assert len(bench.opened) == 2


def test_a_stalled_link_gets_nothing_new() -> None:
    """A link whose next answer nobody waits for is passed over."""
    bench = Bench(pipelines=1)
    link = bench.shared()
    link.stalled = True
    other = bench.shared()
    assert other is not link
    link.stalled = False
    other.stalled = True
    assert bench.shared() is link


def test_a_dead_shared_link_is_replaced() -> None:
    """A shared link that ended is dropped and counted no more."""
    bench = Bench()
    link = bench.shared()
    link.usable = False
    other = bench.shared()
    assert other is not link
    assert bench.pool.first is other
    assert bench.pool.size == 1


def test_idle_links_make_room_for_the_other_kind() -> None:
    """At the limit an unused link of one kind is closed for one of the other kind, a used one never."""
    bench = Bench(maximum=1)
    link = bench.lease()
    with pytest.raises(LinkFailure):
        bench.shared()
    bench.pool.give_back(link)
    shared = bench.shared()
    assert link.closed
    shared.load = 1
    with pytest.raises(LinkFailure):
        bench.lease()
    shared.load = 0
    assert bench.lease() is not shared
    assert shared.closed
    assert bench.pool.size == 1


async def test_one_connection_is_enough(make_client: Any, server: Any) -> None:
    """With a single connection allowed, single commands, batches and info commands take turns."""
    client = make_client(server.address, max_conns_per_node=1)
    for number in range(3):
        await client.put(("test", "pool", number), {"a": number})
        rows = await client.batch_read([("test", "pool", number)])
        assert rows[0].record.bins == {"a": number}
        assert "8.1" in await client.info_random_node("build")


def test_close_ends_all_links() -> None:
    """Closing a pool closes idle, leased and shared links; what is given back later is closed too."""
    bench = Bench()
    idle, leased, shared = bench.lease(), bench.lease(), bench.shared()
    bench.pool.give_back(idle)
    bench.pool.close()
    assert [link.usable for link in (idle, leased, shared)] == [False] * 3
    assert bench.pool.size == 0
    bench.pool.give_back(leased)
    assert bench.pool.size == 0
    assert bench.pool.links() == ()


def test_a_link_that_opens_after_the_close_is_not_used() -> None:
    """Whoever was opening a link while the pool was closed gets a failure, and the link is closed."""
    bench = Bench()
    bench.pool.close()
    for lease in (bench.lease, bench.shared):
        with pytest.raises(LinkFailure, match="not in use any more"):
            lease()
    assert not any(link.usable for link in bench.opened)
    assert bench.pool.size == 0


def test_load_counts_what_is_under_way() -> None:
    """The load of a pool is that of its links in use."""
    bench = Bench()
    link, shared = bench.lease(), bench.shared()
    link.load, shared.load = 1, 7
    assert bench.pool.load == 8
