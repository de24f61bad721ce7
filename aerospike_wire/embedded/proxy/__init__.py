"""A proxy in front of real nodes: their answers, with the failures that a test asks for."""

from __future__ import annotations
