"""The snippets in the documentation run as they stand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"
PAGES = ["operations-in-production.md"]


def snippets() -> list[tuple[str, str]]:
    """Page with number, and code."""
    return [
        (f"{name}:{number}", code)
        for name in PAGES
        for number, code in enumerate(re.findall(r"```python\n(.*?)```", (DOCS / name).read_text(), re.DOTALL), 1)
    ]


@pytest.mark.parametrize(("place", "code"), snippets(), ids=[place for place, _ in snippets()])
def test_snippet(place: str, code: str) -> None:
    """It runs, and its assertions hold."""
    exec(compile(code, place, "exec"), {"__name__": place})


@pytest.mark.parametrize("name", sorted(path.name for path in DOCS.glob("*.md")))
def test_links_between_pages(name: str) -> None:
    """A link to another page of the documentation leads there."""
    for target in re.findall(r"\]\(([\w-]+\.md)", (DOCS / name).read_text()):
        assert (DOCS / target).exists()
