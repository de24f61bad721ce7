"""The snippets in the documentation run as they stand."""

from __future__ import annotations

import re
from typing import Any

import pytest
from cases import for_each
from pages import DOCS, blocks, run, run_awaiting

from aerospike_wire import AsyncClient, Client, RawParticle, errors
from aerospike_wire.embedded import EmbeddedServer
from aerospike_wire.proto.invalid import InvalidArgument
from aerospike_wire.proto.values import encode

PAGES = ["operations-in-production.md"]
WITH_CLIENT = ["values.md", "operations.md", "expressions.md", "batches.md"]
"""Pages whose snippets have a ``client`` and its ``server``, and build on each other."""


def snippets() -> list[tuple[str, str]]:
    """Page with number, and code."""
    return [(f"{name}:{number}", code) for name in PAGES for number, code in enumerate(blocks(name), 1)]


@for_each(("place", "code"), snippets(), ids=[place for place, _ in snippets()])
def test_snippet(place: str, code: str) -> None:
    """It runs, and its assertions hold."""
    exec(compile(code, place, "exec"), {"__name__": place})


@for_each("name", sorted(path.name for path in DOCS.glob("*.md")))
def test_links_between_pages(name: str) -> None:
    """A link to another page of the documentation leads there."""
    for target in re.findall(r"\]\(([\w-]+\.md)", (DOCS / name).read_text()):
        assert (DOCS / target).exists()


@for_each("page", WITH_CLIENT)
def test_page(page: str) -> None:
    """The snippets of a page run one after the other."""
    assert len(blocks(page)) >= 3
    with EmbeddedServer() as server, Client(server.address) as client:
        run(page, {"client": client, "server": server})


@for_each("page", WITH_CLIENT)
async def test_page_awaiting(page: str) -> None:
    """And so they do on an AsyncClient, with an await before each call."""
    with EmbeddedServer() as server:
        async with AsyncClient(server.address) as client:
            await run_awaiting(page, {"client": client, "server": server})


def test_hook_of_the_page_on_errors() -> None:
    """The hook sees what the page says, and keeps the error."""
    names: dict[str, object] = {}
    run("errors.md", names)
    assert len(blocks("errors.md")) == 1
    seen: list[int] = []

    def watched(failure: errors.Failure) -> BaseException | None:
        seen.append(failure.code)
        return names["hook"](failure)  # type: ignore[operator, no-any-return]

    with EmbeddedServer() as server, Client(server.address) as client, pytest.raises(errors.RecordNotFound):
        client.get(("test", "users", "nobody"), error_hook=watched)
    assert seen == [2]


@for_each(("kind", "data"), [(300, b""), (-1, b""), (True, b""), ("x", b""), (7, "text"), (7, None)])
def test_raw_particle_that_is_none(kind: Any, data: Any) -> None:
    """A RawParticle of a program's own making is checked before a byte is sent."""
    with pytest.raises(InvalidArgument, match="is a RawParticle"):
        encode(RawParticle(kind, data))
