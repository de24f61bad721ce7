"""The official client's log handlers, on top of :mod:`logging`."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Any, Final

from aerospike_wire.compat import constants as c
from aerospike_wire.compat.refusal import refused

if TYPE_CHECKING:
    from collections.abc import Callable

_LOGGER: Final = logging.getLogger("aerospike_wire")
_NAMES: Final = {0: "ERROR", 1: "WARN", 2: "INFO", 3: "DEBUG", 4: "TRACE"}
TRACE: Final = 5
"""Below logging.DEBUG."""
_LEVELS: Final = {
    c.LOG_LEVEL_ERROR: logging.ERROR,
    c.LOG_LEVEL_WARN: logging.WARNING,
    c.LOG_LEVEL_INFO: logging.INFO,
    c.LOG_LEVEL_DEBUG: logging.DEBUG,
    c.LOG_LEVEL_TRACE: TRACE,
}
_OFF: Final = logging.CRITICAL + 10
"""Above every level."""


class _Handler(logging.Handler):
    """Hands what is logged to a program's function, or prints it."""

    def __init__(self, callback: Callable[..., Any] | None) -> None:
        super().__init__()
        self._callback = callback

    def emit(self, record: logging.LogRecord) -> None:
        """Hand a record on; what the function raises is reported as logging reports it."""
        level = next((number for number, known in _LEVELS.items() if record.levelno >= known), c.LOG_LEVEL_TRACE)
        try:
            if self._callback is None:
                sys.stdout.write(f"[{record.filename}:{record.lineno}] {_NAMES[level]} - {record.getMessage()}\n")
            else:
                self._callback(level, record.funcName or "", record.pathname, record.lineno, record.getMessage())
        except Exception:  # noqa: BLE001  the contract of logging: a log never ends a call
            self.handleError(record)


_LEVEL: Final = {"python": logging.ERROR}
_INSTALLED: list[_Handler] = []
_UNSET: Final[Any] = object()


def set_log_level(loglevel: int) -> int:
    """How much is handed to the log handler: one of ``LOG_LEVEL_...``.

    Raises:
        ParamError: it is no int, or too large for one of the official client.
    """
    if isinstance(loglevel, bool) or not isinstance(loglevel, int) or not -(2**63) <= loglevel < 2**63:
        raise refused("loglevel", "Invalid log level")
    level = _OFF if loglevel < c.LOG_LEVEL_ERROR else _LEVELS.get(loglevel, TRACE)
    _LEVEL["python"] = level
    for handler in _INSTALLED:
        handler.setLevel(level)
    if _INSTALLED:
        _LOGGER.setLevel(level)
    return 0


def set_log_handler(log_handler: Callable[[int, str, str, int, str], Any] | None = _UNSET) -> int:
    """Where logs go.

    Args:
        log_handler: gets level, function, path, line and message. None for nowhere; without
            it they are printed. The loggers of this client stay usable through
            :mod:`logging` all the same.

    Raises:
        ParamError: it cannot be called.
    """
    if log_handler is not _UNSET and log_handler is not None and not callable(log_handler):
        raise refused("log_handler", "Parameter must be a callable")
    for handler in _INSTALLED:
        _LOGGER.removeHandler(handler)
    _INSTALLED.clear()
    if log_handler is None:
        return 0
    handler = _Handler(None if log_handler is _UNSET else log_handler)
    handler.setLevel(_LEVEL["python"])
    _INSTALLED.append(handler)
    _LOGGER.addHandler(handler)
    _LOGGER.setLevel(_LEVEL["python"])
    return 0
