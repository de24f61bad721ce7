"""Several embedded nodes that are one cluster: partitions, replicas, migration, and trouble on request."""

from __future__ import annotations
