"""The official client's ``ConfigProvider``: a file of settings that is read again and again."""

from __future__ import annotations

import attrs


@attrs.frozen
class ConfigProvider:
    """Where settings come from. A client that is given one refuses it: this client reads no such files."""

    path: str = attrs.field(validator=attrs.validators.instance_of(str))
    interval: int = attrs.field(default=60, validator=attrs.validators.instance_of(int))
    """Seconds between two looks at the file."""
