"""``aerospike_helpers.expressions.arithmetic``: arithmetic."""

from __future__ import annotations

from aerospike_wire import expressions as ours
from aerospike_wire.compat.helpers.expressions.resources import lazy

Abs = lazy(ours.Abs, "Abs", __name__)
Add = lazy(ours.Add, "Add", __name__)
Ceil = lazy(ours.Ceil, "Ceil", __name__)
Div = lazy(ours.Div, "Div", __name__)
Floor = lazy(ours.Floor, "Floor", __name__)
Log = lazy(ours.Log, "Log", __name__)
Max = lazy(ours.Max, "Max", __name__)
Min = lazy(ours.Min, "Min", __name__)
Mod = lazy(ours.Mod, "Mod", __name__)
Mul = lazy(ours.Mul, "Mul", __name__)
Pow = lazy(ours.Pow, "Pow", __name__)
Sub = lazy(ours.Sub, "Sub", __name__)
ToFloat = lazy(ours.ToFloat, "ToFloat", __name__)
ToInt = lazy(ours.ToInt, "ToInt", __name__)

__all__ = [
    "Abs",
    "Add",
    "Ceil",
    "Div",
    "Floor",
    "Log",
    "Max",
    "Min",
    "Mod",
    "Mul",
    "Pow",
    "Sub",
    "ToFloat",
    "ToInt",
]
