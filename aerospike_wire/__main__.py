"""``python -m aerospike_wire``."""

from __future__ import annotations

import sys

from aerospike_wire.cli import main

if __name__ == "__main__":
    sys.exit(main())
