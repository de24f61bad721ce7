"""What can be wrong with a query before it runs."""

from __future__ import annotations

from typing import Any

import pytest
from cases import for_each

from aerospike_wire import AsyncClient, Client, errors, expressions, operations, predicates

FIVE = predicates.equals("n", 5)
MAKERS = {"async": AsyncClient, "sync": Client}


@pytest.fixture(params=MAKERS)
def client(request: pytest.FixtureRequest) -> Any:
    """A client that is never connected."""
    return MAKERS[request.param]("127.0.0.1:1")


@for_each(
    ("make", "argument"),
    [
        (lambda c: c.query(1), "namespace"),
        (lambda c: c.query("n" * 32), "namespace"),
        (lambda c: c.scan("test", 5), "set"),
        (lambda c: c.query("test", "s" * 64), "set"),
        (lambda c: c.query("test").where(None), "predicate"),
        (lambda c: c.query("test").where(("n", 5)), "predicate"),
        (lambda c: c.query("test").where(FIVE).where(FIVE), "predicate"),
        (lambda c: c.query("test").where(FIVE).where_with_index_name("ix", FIVE), "predicate"),
        (lambda c: c.query("test").where(FIVE, 5), "ctx"),
        (lambda c: c.query("test").where(FIVE, []), "ctx"),
        (lambda c: c.query("test").where(FIVE, [5]), "ctx[0]"),
        (lambda c: c.query("test").where_with_index_name(5, FIVE), "index_name"),
        (lambda c: c.query("test").where_with_index_name("ix", 5), "predicate"),
        (lambda c: c.query("test").where_with_expr(5, FIVE), "expr"),
        (lambda c: c.query("test").where_with_expr("no base64!", FIVE), "expr"),
        (lambda c: c.query("test").where_with_expr(b"", FIVE), "expr"),
        (lambda c: c.query("test").where_with_expr("", FIVE), "expr"),
        (lambda c: c.query("test").add_ops(None), "ops"),
        (lambda c: c.query("test").where_with_expr(b"\x93", None), "predicate"),
        (lambda c: c.query("test").resume(None), "cursor"),
        (lambda c: c.query("test").apply("m", "f", source=5), "source"),
    ],
)
def test_what_cannot_be_built(client: Any, make: Any, argument: str) -> None:
    """It is refused where it is written, by a ParamError that names the argument."""
    with pytest.raises(errors.ParamError) as caught:
        make(client)
    assert caught.value.argument == argument


def test_a_refused_context_leaves_the_query_as_it_was(client: Any) -> None:
    """It can be given again."""
    query = client.query("test")
    with pytest.raises(errors.ParamError):
        query.where(FIVE, [])
    query.where(FIVE, [operations.cdt_ctx_list_index(0)])
    assert query._statement.context == bytes.fromhex("921000")


def test_expressions_in_all_their_forms(client: Any) -> None:
    """As an object, compiled, and as base64 text."""
    expression = expressions.Add(expressions.IntBin("a"), 1)
    compiled = expression.compile()
    import base64

    forms = [expression, compiled, base64.b64encode(bytes(getattr(compiled, "compiled", compiled))).decode()]
    found = {client.query("test").where_with_expr(form, FIVE)._statement.expression for form in forms}
    assert len(found) == 1


def test_nothing_was_asked(client: Any) -> None:
    """A query that has not run has a place to begin at."""
    query = client.query("test", "demo")
    assert query.cursor()["done"] == []
    assert (query.is_done(), query.get_partitions_status()) == (False, {})
    again = client.query("test", "demo").resume(query.cursor())
    assert not again.is_done()
    assert len(again.get_partitions_status()) == 4096 + 2


def test_building_gives_the_query_again(client: Any) -> None:
    """So that calls can follow each other."""
    query = client.query("test")
    assert query.select("a").where(FIVE).add_ops([]).apply("m", "f").paginate() is query
    scan = client.scan("test")
    assert scan.select("a").add_ops([]).paginate() is scan
    assert not hasattr(scan, "where")
