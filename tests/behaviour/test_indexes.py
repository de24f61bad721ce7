"""Secondary indexes, on both clients."""

from __future__ import annotations

from typing import Any

import pytest

from aerospike_wire import errors

CREATE = ["index_string_create", "index_integer_create", "index_geo2dsphere_create", "index_blob_create"]


async def listed(client: Any) -> set[str]:
    """The names of the indexes that the node has."""
    text = (await client.info_random_node("sindex-list:namespace=test")).partition("\t")[2].strip()
    return {dict(item.split("=", 1) for item in row.split(":"))["indexname"] for row in text.split(";") if row}


@pytest.mark.parametrize("method", CREATE)
async def test_create_and_remove(client: Any, method: str) -> None:
    """An index is there after its creation and gone after its removal."""
    await getattr(client, method)("test", "s", "b", "ix")
    assert await listed(client) == {"ix"}
    await client.index_remove("test", "ix")
    assert await listed(client) == set()


async def test_same_again(client: Any) -> None:
    """To create the same index again, or remove one that is not there, is no error."""
    await client.index_integer_create("test", "s", "b", "ix")
    await client.index_integer_create("test", "s", "b", "ix")
    await client.index_remove("test", "nope")


async def test_name_that_is_taken(client: Any) -> None:
    """A name with another definition is IndexFoundError with the index's name, set and bin."""
    await client.index_integer_create("test", "s", "b", "ix")
    with pytest.raises(errors.IndexFoundError) as caught:
        await client.index_string_create("test", "s", "b", "ix")
    error = caught.value
    assert (error.code, error.name, error.in_doubt) == (200, "ix", False)
    context = error.context
    assert (context.operation, context.namespace, context.set, context.bin, context.index) == (
        "index_string_create", "test", "s", "b", "ix",
    )  # fmt: skip
    assert error.attempts[0].node == error.node


@pytest.mark.parametrize(
    ("code", "cls"), [(202, errors.IndexOOM), (205, errors.IndexNameMaxLen), (206, errors.IndexNameMaxCount)]
)
async def test_refused(client: Any, server: Any, code: int, cls: Any) -> None:
    """Every refusal names the index and keeps the server's words."""
    server.faults.on("sindex-create").answer(code, "no room for it")
    with pytest.raises(cls) as caught:
        await client.index_integer_create("test", "s", "b", "ix")
    assert (caught.value.name, caught.value.in_doubt) == ("ix", False)
    assert "no room for it" in str(caught.value)


async def test_lost_answer_is_in_doubt(client: Any, server: Any) -> None:
    """An index whose creation got no answer may be there: in doubt."""
    server.faults.on("sindex-create").close(after=True)
    with pytest.raises(errors.ConnectionError) as caught:
        await client.index_integer_create("test", "s", "b", "ix")
    assert caught.value.in_doubt
    assert await listed(client) == {"ix"}
