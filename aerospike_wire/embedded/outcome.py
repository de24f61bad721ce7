"""What an operation on one bin comes to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from aerospike_wire.embedded.store import Particle as Value


@attrs.frozen
class Outcome:
    """The value that an operation gives, and what the bin holds from then on."""

    value: Value | None = None
    """What the reply gets; None for no value."""
    stored: Value | None = None
    """What the bin holds now; None if the operation left it as it was."""
