"""Several operations in one call, on both clients."""

from __future__ import annotations

from typing import Any

import pytest
from cases import for_each

from aerospike_wire import errors, operations, policy

KEY = ("test", "operate", "k")


async def test_operations_run_in_order(client: Any) -> None:
    """Operations are carried out one after the other; reads see the writes before them."""
    await client.put(KEY, {"n": 1, "s": "b"})
    record = await client.operate(
        KEY,
        [
            operations.increment("n", 4),
            operations.append("s", "c"),
            operations.prepend("s", "a"),
            operations.write("new", [1]),
            operations.read("n"),
            operations.read("s"),
            operations.read("new"),
        ],
    )
    assert record.bins == {"n": 5, "s": "abc", "new": [1]}
    assert record.meta["gen"] == 2


async def test_several_results_of_a_bin(client: Any) -> None:
    """A bin that is read several times has the last value."""
    await client.put(KEY, {"n": 1})
    record = await client.operate(
        KEY, [operations.read("n"), operations.increment("n", 1), operations.read("n"), operations.read("n")]
    )
    assert record.bins == {"n": 2}


async def test_all_or_nothing(client: Any) -> None:
    """If one operation fails none has an effect."""
    await client.put(KEY, {"n": 1, "s": "x"})
    with pytest.raises(errors.BinIncompatibleType) as caught:
        await client.operate(KEY, [operations.write("n", 2), operations.increment("s", 1)])
    assert caught.value.context.bins == ("s",)
    assert caught.value.bin == "s"
    assert (await client.get(KEY)).bins == {"n": 1, "s": "x"}


async def test_bin_of_the_one_operation(client: Any) -> None:
    """With operations on one bin an error names it."""
    await client.put(KEY, {"s": "x"})
    with pytest.raises(errors.BinIncompatibleType) as caught:
        await client.operate(KEY, [operations.increment("s", 1)])
    assert (caught.value.bin, caught.value.key[:3]) == ("s", KEY)


async def test_touch_and_delete(client: Any) -> None:
    """Touch counts up the generation, delete removes the record after it was read."""
    await client.put(KEY, {"n": 1})
    assert (await client.operate(KEY, [operations.touch(), operations.read("n")])).meta["gen"] == 2
    assert (await client.operate(KEY, [operations.read("n"), operations.delete()])).bins == {"n": 1}
    assert await client.get(KEY, default=None) is None


async def test_missing_record(client: Any) -> None:
    """Reads of a missing record raise; a write creates it."""
    with pytest.raises(errors.RecordNotFound):
        await client.operate(KEY, [operations.read("n")])
    await client.operate(KEY, [operations.write("n", 1)])
    assert (await client.get(KEY)).bins == {"n": 1}


async def test_policies(client: Any) -> None:
    """Generation and exists policies hold for operate too."""
    with pytest.raises(errors.RecordNotFound):
        await client.operate(KEY, [operations.write("n", 1)], policy={"exists": policy.Exists.UPDATE})
    await client.put(KEY, {"n": 1})
    with pytest.raises(errors.RecordGenerationError):
        await client.operate(KEY, [operations.write("n", 2)], {"gen": 9}, {"gen": policy.Generation.EQ})


async def test_reads_are_never_in_doubt(client: Any, server: Any) -> None:
    """An operate of reads alone is retried and not in doubt; one with a write is neither."""
    await client.put(KEY, {"n": 1})
    rule = server.faults.on("any").close()
    with pytest.raises(errors.ConnectionError) as read:
        await client.operate(KEY, [operations.read("n")], policy={"max_retries": 1})
    with pytest.raises(errors.ConnectionError) as write:
        await client.operate(KEY, [operations.write("n", 2), operations.read("n")])
    rule.remove()
    assert (read.value.in_doubt, len(read.value.attempts)) == (False, 2)
    assert (write.value.in_doubt, len(write.value.attempts)) == (True, 1)


@for_each("given", [5, [5], [{"op": 1}], []])
async def test_bad_list(client: Any, given: Any) -> None:
    """Anything but a list of operations is a ParamError that names the argument."""
    with pytest.raises(errors.ParamError) as caught:
        await client.operate(KEY, given)
    assert caught.value.argument == "list"


def test_bad_bin_name() -> None:
    """A bin name that is too long is refused when the operation is made."""
    with pytest.raises(errors.BinNameError):
        operations.write("abcdefghijklmnop", 1)
