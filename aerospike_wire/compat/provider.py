"""The official client's ``ConfigProvider``: a file of settings that is read again and again."""

from __future__ import annotations

import attrs

_LONGEST = 2**32


def _interval(_: ConfigProvider, attribute: attrs.Attribute[int], value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{attribute.name} must be an integer, not {type(value).__name__}")
    if not 0 <= value < _LONGEST:
        raise ValueError(f"{attribute.name} must be between 0 and {_LONGEST - 1}, not {value}")


@attrs.frozen
class ConfigProvider:
    """Where settings come from. A client that is given one refuses it: this client reads no such files.

    Raises:
        TypeError: an argument is of another type.
        ValueError: the interval is out of range.
    """

    path: str = attrs.field(validator=attrs.validators.instance_of(str))
    interval: int = attrs.field(default=5_000, validator=_interval)
    """Milliseconds between two looks at the file."""
