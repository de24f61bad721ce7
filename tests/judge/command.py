"""What the commands that compare with a real server are given."""

from __future__ import annotations

import argparse


def options() -> argparse.ArgumentParser:
    """The address of the server, and which and how many cases."""
    parser = argparse.ArgumentParser()
    parser.add_argument("server")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--show", type=int, default=10)
    return parser
