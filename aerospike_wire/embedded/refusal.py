"""How the node's handlers say no."""

from __future__ import annotations


class Refusal(Exception):
    """The request is answered with a result code and changes nothing."""

    def __init__(self, code: int, reason: str = "") -> None:
        super().__init__(code, reason)
        self.code = code
        """The result code, from 1 to 255."""
        self.reason = reason
        """Why, for people who debug the node; never sent."""
