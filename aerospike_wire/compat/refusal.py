"""Errors for what the façade itself cannot use: the client's classes, made in one place."""

from __future__ import annotations

from aerospike_wire.errors import ClientError, ParamError


def refused(argument: str, text: str) -> ParamError:
    """The error for an argument that cannot be used.

    Args:
        argument: its name.
        text: what is wrong, a whole sentence: programs of the official client print ``msg``.
    """
    error = ParamError(text)
    error.argument = argument
    return error


def unsupported(feature: str, instead: str) -> ClientError:
    """The error for what the official client has and this one has not.

    Args:
        feature: its name, as a program writes it.
        instead: what to do without it.
    """
    return ClientError(f"{feature} is not supported by aerospike_wire: {instead}")


__all__ = ["refused", "unsupported"]
