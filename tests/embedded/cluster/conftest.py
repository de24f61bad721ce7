"""A cluster whose parts the tests break."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aerospike_wire.embedded import EmbeddedCluster

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def cluster() -> Iterator[EmbeddedCluster]:
    """Three nodes named as those of the recorded cluster, replication factor 2."""
    with EmbeddedCluster(3, names=["B1", "B2", "B3"], heartbeat_timeout=40, migration_pause=0) as running:
        yield running
