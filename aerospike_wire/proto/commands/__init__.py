"""One module for each family of commands.

A command is what the caller asked for. It knows how to become bytes, what to make of an
answer, and what an error about it should say.
"""
