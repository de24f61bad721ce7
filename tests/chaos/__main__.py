"""``python -m tests.chaos --calls 1000000 --seed 1``, from the repository's root."""

from __future__ import annotations

import sys

from .run import main

sys.exit(main())
