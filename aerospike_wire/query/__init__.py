"""Queries: what is left of them, how they run, and what becomes of their records."""
