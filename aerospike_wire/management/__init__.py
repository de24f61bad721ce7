"""Calls that are more than one request: what looks after indexes, modules, users and nodes.

Coroutines over the core, written once for both clients.
"""
