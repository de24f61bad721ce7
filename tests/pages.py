"""The Python blocks of the documentation, for the tests that run them."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[1] / "docs"
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def blocks(page: str) -> list[str]:
    """The Python blocks of a page, in order."""
    return BLOCK.findall((DOCS / page).read_text(encoding="utf-8"))


def run(page: str, names: dict[str, Any]) -> None:
    """Run the blocks of a page, one after the other, with the same names."""
    for number, block in enumerate(blocks(page), 1):
        exec(compile(block, f"{page}:{number}", "exec"), names)


class _Awaiting(ast.NodeTransformer):
    """Puts an await before each call of a method of ``client``."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        called = node.func
        if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name) and called.value.id == "client":
            return ast.copy_location(ast.Await(node), node)
        return node


async def run_awaiting(page: str, names: dict[str, Any]) -> None:
    """As :func:`run`, with an AsyncClient as ``client``."""
    for number, block in enumerate(blocks(page), 1):
        tree = ast.fix_missing_locations(_Awaiting().visit(ast.parse(block)))
        code = compile(tree, f"{page}:{number}", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        found = eval(code, names)
        if inspect.isawaitable(found):
            await found
