"""Queries and scans, on both clients."""

from __future__ import annotations

from typing import Any

import pytest
from cases import for_each

from aerospike_wire import errors, operations, predicates

SET = "query"


async def fill(client: Any, count: int = 50) -> None:
    """Write the records."""
    for number in range(count):
        await client.put(("test", SET, number), {"n": number, "s": f"v{number % 5}"})


async def test_whole_set(client: Any) -> None:
    """A query without a condition gives every record of the set once, and no other."""
    await fill(client)
    await client.put(("test", "other", 1), {"n": -1})
    records = await client.query("test", SET).results()
    assert sorted(record.bins["n"] for record in records) == list(range(50))
    assert all(record.meta["gen"] == 1 and len(record.key.digest) == 20 for record in records)


async def test_whole_namespace(client: Any) -> None:
    """Without a set all records of the namespace are found."""
    await client.put(("bar", "a", 1), {"n": 1})
    await client.put(("bar", "b", 1), {"n": 2})
    assert sorted(record.bins["n"] for record in await client.query("bar").results()) == [1, 2]


async def test_selected_bins(client: Any) -> None:
    """Only the selected bins are read."""
    await fill(client, 3)
    assert all(set(record.bins) == {"s"} for record in await client.query("test", SET).select("s").results())


@for_each(
    ("predicate", "wanted"),
    [
        (predicates.equals("n", 7), [7]),
        (predicates.between("n", 3, 5), [3, 4, 5]),
        (predicates.equals("n", 1000), []),
    ],
)
async def test_index(client: Any, server: Any, predicate: Any, wanted: list[int]) -> None:
    """With an index a condition finds the records that meet it."""
    await fill(client, 20)
    await client.index_integer_create("test", SET, "n", "by_n")
    records = await client.query("test", SET).where(predicate).results()
    assert sorted(record.bins["n"] for record in records) == wanted


async def test_string_index(client: Any) -> None:
    """Strings are found by equality."""
    await fill(client, 20)
    await client.index_string_create("test", SET, "s", "by_s")
    records = await client.query("test", SET).where(predicates.equals("s", "v3")).results()
    assert sorted(record.bins["n"] for record in records) == [3, 8, 13, 18]


async def test_missing_index(client: Any) -> None:
    """A condition on a bin without index is IndexNotFound, with namespace, set and bin."""
    await fill(client, 1)
    with pytest.raises(errors.IndexNotFound) as caught:
        await client.query("test", SET).where(predicates.equals("n", 1)).results({"max_retries": 0})
    error = caught.value
    assert (error.code, error.in_doubt) == (201, False)
    assert (error.context.namespace, error.context.set, error.context.bin) == ("test", SET, "n")
    assert error.attempts[-1].answered


async def test_unknown_namespace(client: Any) -> None:
    """A query of a namespace that no node has is NamespaceNotFound."""
    with pytest.raises(errors.NamespaceNotFound) as caught:
        await client.query("nowhere", SET).results()
    assert caught.value.context.namespace == "nowhere"


async def test_unknown_set(client: Any) -> None:
    """A set without records gives none."""
    assert await client.query("test", "never_written").results() == []


async def test_max_records(client: Any) -> None:
    """At most max_records records come."""
    await fill(client)
    assert len(await client.query("test", SET).results({"max_records": 7})) == 7


@for_each("code", [9, 15, 22, 210])
async def test_refused_query(client: Any, server: Any, code: int) -> None:
    """What the node says is raised with its class, and a query is never in doubt."""
    await fill(client, 1)
    server.faults.on("query").answer(code)
    with pytest.raises(errors.class_of(code)) as caught:
        await client.query("test", SET).results({"max_retries": 0})
    assert (caught.value.code, caught.value.in_doubt, caught.value.context.operation) == (code, False, "query")


async def test_retried_query(client: Any, server: Any) -> None:
    """A query whose connection is lost goes on, without losing or repeating records."""
    await fill(client)
    server.faults.on("query").once().half_frame()
    records = await client.query("test", SET).results()
    assert sorted(record.bins["n"] for record in records) == list(range(50))


async def test_bad_predicate(client: Any) -> None:
    """Anything but a predicate is a ParamError that names the argument."""
    with pytest.raises(errors.ParamError) as caught:
        client.query("test", SET).where(("n", 1))
    assert caught.value.argument == "predicate"


SPARSE: tuple[tuple[str, Any, int], ...] = (
    ("query", lambda query: query.select("rare"), 14),
    ("query", lambda query: query.add_ops([operations.list_get("l", 0)]), 20),
    ("query", lambda query: query.add_ops([operations.read("rare")]), 40),
    ("scan", lambda query: query.add_ops([operations.read("rare")]), 14),
)
"""What nodes count against a limit and do not send: a kind, what is asked, and how many records that gives."""


async def test_limits_of_queries_that_leave_records_out(client: Any) -> None:
    """Pages lose nothing, a limit gives as many as there are, and a cursor goes on behind them."""
    for number in range(40):
        bins = {"n": number, "l": [number] if number % 2 else "none", **({"rare": number} if number % 3 == 0 else {})}
        await client.put(("test", SET, number), bins)
    for kind, ask, count in SPARSE:
        query = ask(getattr(client, kind)("test", SET)).paginate()
        query.query.max_records = 4
        pages = []
        while not query.is_done():
            pages.append(await query.results())
        digests = [record.key.digest for page in pages for record in page]
        assert (len(digests), len(set(digests))) == (count, count)
        assert max(map(len, pages)) == 4

        limited = ask(getattr(client, kind)("test", SET))
        first = await limited.results({"max_records": 10})
        rest = await ask(getattr(client, kind)("test", SET)).resume(limited.cursor()).results()
        assert (len(first), len(first) + len(rest)) == (10, count)


async def test_records_with_several_values_in_a_range_come_once(client: Any) -> None:
    """Also of pages and after a cursor, where nodes give them again by the next value."""
    for number in range(40):
        values = [number % 7, (number + 3) % 7, number * 5 % 7]
        await client.put(("test", SET, number), {"l": values, "m": {f"k{place}": v for place, v in enumerate(values)}})
    await client.index_list_create("test", SET, "l", 1, "by_l")
    await client.index_map_values_create("test", SET, "m", 1, "by_m")
    for name, kind in (("l", 1), ("m", 3)):
        query = client.query("test", SET).where(predicates.range(name, kind, 1, 5)).paginate()
        query.query.max_records = 3
        found = []
        for _ in range(60):
            if query.is_done():
                break
            found += await query.results()
        assert len(found) == len({record.key.digest for record in found}) == 40
        asked = client.query("test", SET).where(predicates.range(name, kind, 1, 5))
        digests = []
        async for record in asked:
            digests.append(record.key.digest)
            if len(digests) == 17:
                break
        again = client.query("test", SET).where(predicates.range(name, kind, 1, 5)).resume(asked.cursor())
        digests += [record.key.digest for record in await again.results()]
        assert len(digests) == len(set(digests)) == 40
