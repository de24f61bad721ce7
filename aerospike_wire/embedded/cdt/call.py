"""Calls on lists and maps: taken apart, checked and made (protocol section 6.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NoReturn

from aerospike_wire.embedded.cdt import contexts, lists, maps, paths
from aerospike_wire.embedded.cdt.bodies import ListBody, MapBody
from aerospike_wire.embedded.cdt.order import NIL_ITEM, malformed, read_call
from aerospike_wire.embedded.outcome import Outcome
from aerospike_wire.embedded.refusal import Refusal
from aerospike_wire.errors.codes import ResultCode
from aerospike_wire.proto.message import OpCode
from aerospike_wire.proto.values import Particle

if TYPE_CHECKING:
    from aerospike_wire.embedded.cdt.bodies import Body
    from aerospike_wire.embedded.cdt.contexts import Step
    from aerospike_wire.embedded.cdt.operation import Operation
    from aerospike_wire.embedded.cdt.order import Argument
    from aerospike_wire.embedded.store import Particle as Value

_CONTEXT: Final = 0xFF
_PATH: Final = 0xFE
_FIRST_OF_MAPS: Final = 64
_OPERATIONS: Final[dict[int, Operation[Any]]] = {**lists.OPERATIONS, **maps.OPERATIONS}
_COLLECTIONS: Final = {Particle.LIST.value: False, Particle.MAP.value: True}
"""Particles of collections; whether they are maps."""


def execute(code: int, before: Value | None, payload: bytes) -> Outcome:
    """Make a call on a bin.

    Args:
        code: operation code; it tells whether the call may change the bin.
        before: what the bin holds; None for a missing bin.
        payload: the call.

    Returns:
        The value that the call gives and, if it modifies, what the bin holds afterwards.

    Raises:
        Refusal: the call cannot be made: 4 for what is none, 12 for a bin of another type,
            26 for elements that are not there, 23 and 24 as flags of writes ask for.
    """
    modifies = code == OpCode.CDT_MODIFY
    if before is None and not modifies:
        return Outcome()  # whatever is asked
    number, arguments, steps = _read(payload)
    if number == _PATH and not steps:
        if before is None or before[0] not in _COLLECTIONS:
            raise _wrong_type()
        path = paths.read_path(arguments, modifies=modifies)
        return paths.apply(before, path) if modifies else Outcome(paths.select(before, path))
    is_map = not 0 <= number < _FIRST_OF_MAPS
    if before is not None:
        if steps and before[0] not in _COLLECTIONS:
            raise malformed("a context in a value that is no collection")
        if not steps and _COLLECTIONS.get(before[0]) is not is_map:
            raise _wrong_type()
    found = _OPERATIONS.get(number)
    operation = found if found is not None and found.modifies is modifies else None
    if modifies:
        return _modify(operation, arguments, steps, before, is_map=is_map)
    assert before is not None
    packed = contexts.read_at(_body(before), steps) if steps else before[1]
    body = contexts.of_type(packed, is_map=is_map)
    return Outcome(_run(operation, body, arguments))


def _unknown() -> NoReturn:
    raise malformed("no such list or map operation")


def _run(operation: Operation[Any] | None, body: Body, arguments: list[Argument]) -> Value | None:
    if operation is None:
        _unknown()
    operation.check(arguments)
    return operation.run(body, arguments)


def _read(payload: bytes) -> tuple[int, list[Argument], list[Step]]:
    items = read_call(payload)
    if not items:
        raise malformed("a call of nothing")
    number = items[0].integer()
    if number != _CONTEXT:
        return number, items[1:], []
    if len(items) != 3:
        raise malformed("a context without a call")
    steps = contexts.read_context(items[1])
    inner = read_call(items[2].raw)
    if not inner:
        raise malformed("a call of nothing")
    return inner[0].integer(), inner[1:], steps


def _wrong_type() -> Refusal:
    return Refusal(ResultCode.BIN_INCOMPATIBLE_TYPE, "list or map operation on a bin of another type")


def _body(value: Value) -> Body:
    body = contexts.body_of(value[1]) if value[0] in _COLLECTIONS else None
    if body is None:
        raise _wrong_type()
    return body


def _created(operation: Operation[Any], arguments: list[Argument], *, is_map: bool) -> Body:
    order = operation.order(arguments)
    return MapBody(flags=maps.order_flags(order)) if is_map else ListBody(flags=lists.order_flags(order))


def _modify(
    operation: Operation[Any] | None,
    arguments: list[Argument],
    steps: list[Step],
    before: Value | None,
    *,
    is_map: bool,
) -> Outcome:
    if before is not None:
        body = _body(before)
    elif operation is None:
        _unknown()
    elif operation.missing and not steps:
        raise Refusal(operation.missing, "no such bin")
    elif steps:
        body = steps[0].container()
    elif not operation.creates:
        return Outcome()
    else:
        operation.check(arguments)
        body = _created(operation, arguments, is_map=is_map)
    if not steps:
        return Outcome(_run(operation, body, arguments), _particle(body))
    given: list[Value | None] = []
    made = True

    def change(packed: bytes | None) -> bytes:
        nonlocal made
        if packed is not None:
            inner = contexts.of_type(packed, is_map=is_map)
        elif operation is None:
            _unknown()
        elif before is None and operation.missing not in (0, ResultCode.ELEMENT_NOT_FOUND):
            raise Refusal(operation.missing, "no such bin")
        elif not operation.creates:
            return NIL_ITEM  # the way is checked all the same
        else:
            operation.check(arguments)
            inner = _created(operation, arguments, is_map=is_map)
        given.append(_run(operation, inner, arguments))
        made = packed is not None or not inner.declined
        return inner.pack()

    contexts.change_at(body, steps, change)
    if not given:
        if operation is not None and operation.missing == ResultCode.ELEMENT_NOT_FOUND:
            raise Refusal(operation.missing, "nothing there")
        return Outcome()
    return Outcome(given[0], _particle(body) if made else None)


def _particle(body: Body) -> Value:
    return (Particle.MAP if isinstance(body, MapBody) else Particle.LIST).value, body.pack()
