"""``aerospike_helpers.expressions``: all expressions, which its modules have by kind."""

# ruff: noqa: F403  every name that the modules make public, as there

from __future__ import annotations

from aerospike_wire.compat.helpers.expressions.arithmetic import *
from aerospike_wire.compat.helpers.expressions.base import *
from aerospike_wire.compat.helpers.expressions.bitwise import *
from aerospike_wire.compat.helpers.expressions.bitwise_operators import *
from aerospike_wire.compat.helpers.expressions.hll import *
from aerospike_wire.compat.helpers.expressions.list import *
from aerospike_wire.compat.helpers.expressions.map import *
from aerospike_wire.compat.helpers.expressions.resources import ResultType as ResultType
from aerospike_wire.compat.helpers.expressions.resources import ReturnType as ReturnType
from aerospike_wire.compat.helpers.expressions.string import *
from aerospike_wire.compat.helpers.string_helpers import NumericType as NumericType
from aerospike_wire.compat.helpers.string_helpers import RegexFlags as RegexFlags
from aerospike_wire.compat.helpers.string_helpers import StringPolicy as StringPolicy

__all__ = [name for name in globals() if name[0].isupper()]  # not the modules, two of which hide builtins
