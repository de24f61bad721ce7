"""What servers say about modules and functions, taken apart."""

from __future__ import annotations

from typing import Final

from aerospike_wire.errors.udf import UDFReason, udf_failure, udf_hint
from aerospike_wire.proto.info import error_of

TEXTS: Final = {
    "/opt/udf/m.lua:2: boom": (UDFReason.RUNTIME_ERROR, "/opt/udf/m.lua", 2, "boom"),
    "...r/long/path/m.lua:7: hm\nhm": (UDFReason.RUNTIME_ERROR, "...r/long/path/m.lua", 7, "hm\nhm"),
    '[string "as.lua"]:47: bad argument': (UDFReason.RUNTIME_ERROR, '[string "as.lua"]', 47, "bad argument"),
    "plain": (UDFReason.RUNTIME_ERROR, None, None, "plain"),
    "function not found": (UDFReason.FUNCTION_MISSING, None, None, "function not found"),
    "UDF: Execution Error 1": (UDFReason.MODULE_MISSING, None, None, "UDF: Execution Error 1"),
    "UDF: Execution Error 2": (UDFReason.BAD_ARGUMENT, None, None, "UDF: Execution Error 2"),
    "result value type unexpected": (UDFReason.BAD_RETURN, None, None, "result value type unexpected"),
    "/p/m.lua:4: UDF Execution Timeout": (UDFReason.TIMEOUT, "/p/m.lua", 4, "UDF Execution Timeout"),
    # of stream functions
    "UDF: Execution Error 2 : /opt/udf/m.lua:63: boom": (UDFReason.RUNTIME_ERROR, "/opt/udf/m.lua", 63, "boom"),
    "UDF: Execution Error 2 : boom": (UDFReason.RUNTIME_ERROR, None, None, "boom"),
    "UDF: Execution Error 2 : function not found": (UDFReason.FUNCTION_MISSING, None, None, "function not found"),
    'UDF: Execution Error 2 : [string "stream_ops.lua"]:50: attempt to call a nil value': (
        UDFReason.RUNTIME_ERROR, '[string "stream_ops.lua"]', 50, "attempt to call a nil value",
    ),
}  # fmt: skip

VALUES: Final = {
    "error=compile_error;file=bad.lua;line=3;message=c3ludGF4": (UDFReason.COMPILE_ERROR, "bad.lua", 3, "syntax"),
    "error=compile_error;file=;line=0;message=Ym9vbQ==": (UDFReason.COMPILE_ERROR, None, None, "boom"),
    "error=compile_error": (UDFReason.COMPILE_ERROR, None, None, "compile error"),
    "error=not_found": (UDFReason.MODULE_MISSING, None, None, "not found"),
    "error=invalid_filename": (UDFReason.REFUSED, None, None, "invalid filename"),
    "error=invalid_udf_content_len,>1M": (UDFReason.REFUSED, None, None, "invalid udf content len,>1M"),
    "error=timeout": (UDFReason.TIMEOUT, None, None, "timeout"),
}
"""Values of info commands."""


def test_texts() -> None:
    """Reason, file, line and what Lua itself says; each kind has a hint."""
    assert {text: tuple(udf_failure(text)) for text in TEXTS} == TEXTS
    assert all(udf_hint(text) for text in TEXTS)


def test_values() -> None:
    """The same of what info commands about modules answer."""
    found = {value: error_of(value) for value in VALUES}
    assert {value: tuple(udf_failure(error.message or "")) for value, error in found.items() if error} == VALUES
