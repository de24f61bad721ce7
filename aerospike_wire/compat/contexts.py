"""Contexts: from the official client's steps to this client's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aerospike_wire.compat import constants as c
from aerospike_wire.compat.helpers import cdt_ctx as given
from aerospike_wire.compat.refusal import refused
from aerospike_wire.operations import contexts as ours

if TYPE_CHECKING:
    from collections.abc import Callable

    from aerospike_wire.compat.values import Translator

_BY_VALUE: dict[int, Callable[..., ours.Context]] = {
    c.CDT_CTX_LIST_INDEX: ours.cdt_ctx_list_index,
    c.CDT_CTX_LIST_RANK: ours.cdt_ctx_list_rank,
    c.CDT_CTX_LIST_VALUE: ours.cdt_ctx_list_value,
    c.CDT_CTX_MAP_INDEX: ours.cdt_ctx_map_index,
    c.CDT_CTX_MAP_RANK: ours.cdt_ctx_map_rank,
    c.CDT_CTX_MAP_KEY: ours.cdt_ctx_map_key,
    c.CDT_CTX_MAP_VALUE: ours.cdt_ctx_map_value,
    given.MAP_KEYS_IN: ours.cdt_ctx_map_keys_in,
}


def contexts_of(ctx: Any, translator: Translator) -> Any:
    """A list of steps for this client; None if there are none.

    Raises:
        ParamError: it is no list of steps, or one of them cannot be used.
    """
    if not ctx and (ctx is None or isinstance(ctx, list)):
        return None
    if not isinstance(ctx, list):
        raise refused("ctx", f"ctx must be a list of cdt_ctx steps, not {type(ctx).__name__}")
    return [_step(step, translator) for step in ctx]


def _step(step: Any, translator: Translator) -> ours.Context:
    kind = getattr(step, "id", None)
    if not isinstance(kind, int):
        raise refused("ctx", f"ctx takes steps made by aerospike_helpers.cdt_ctx, not {type(step).__name__}")
    extra = step.extra_args or {}
    if kind in _BY_VALUE:
        return _BY_VALUE[kind](translator.inward(step.value))
    if kind == c.CDT_CTX_LIST_INDEX_CREATE:
        order, pad = extra.get(given.CDT_CTX_ORDER_KEY, 0), extra.get(given.CDT_CTX_PAD_KEY, False)
        return ours.cdt_ctx_list_index_create(step.value, order, bool(pad) if isinstance(pad, int) else pad)
    if kind == c.CDT_CTX_MAP_KEY_CREATE:
        return ours.cdt_ctx_map_key_create(translator.inward(step.value), extra.get(given.CDT_CTX_ORDER_KEY, 0))
    if kind in (given.EXPRESSION, given.EXPRESSION | given.AND):
        return _filter(kind, extra, translator)
    raise refused("ctx", f"ctx has a step of type {kind}, which is not known")


def _filter(kind: int, extra: dict[str, Any], translator: Translator) -> ours.Context:
    from aerospike_wire.compat.helpers.expressions.resources import bytes_of  # noqa: PLC0415  it needs contexts itself

    if given.FILTER_KEY not in extra:
        return ours.cdt_ctx_all_children()
    expression = bytes_of(extra[given.FILTER_KEY], translator)
    make = ours.cdt_ctx_and_filter if kind & given.AND else ours.cdt_ctx_all_children_with_filter
    return make(expression)
