"""Parameters of info commands, and the texts for what is wrong with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from aerospike_wire.errors.codes import ResultCode

if TYPE_CHECKING:
    from aerospike_wire.embedded.node import Node
    from aerospike_wire.embedded.store import Namespace

OK: Final = "ok"
MAX_NAMESPACE: Final = 31
LONG_NAMESPACE: Final = 127
"""Bytes of a namespace's name that commands about settings and histograms read."""
MAX_SET: Final = 63


class InfoRefusal(Exception):
    """A line is answered with ``ERROR:code:text``."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(code, text)
        self.value = f"ERROR:{'' if code == ResultCode.SERVER else int(code)}:{text}"
        """What the line is answered with."""


@attrs.frozen
class Parameters:
    """What stands behind the name of an info command."""

    text: str
    """Everything behind the first ``:`` or ``/``."""
    is_path: bool = False
    """They stood behind a slash: values without names."""

    @property
    def path(self) -> list[str]:
        """The values of ``name/value/value``."""
        return self.text.split("/") if self.text else []

    def find(self, name: str) -> str | None:
        """The value of ``name=``; the first counts, None if there is none."""
        for part in self.text.split(";"):
            key, equals, value = part.partition("=")
            if equals and key == name:
                return value
        return None

    def optional(self, name: str, limit: int | None = None) -> str | None:
        """The value of ``name=``, which must not be empty if it is there.

        Args:
            name: the parameter.
            limit: bytes that its value may have.

        Raises:
            InfoRefusal: it is empty or too long.
        """
        return self._checked(name, self.find(name), limit)

    def required(self, name: str, limit: int | None = None) -> str:
        """The value of ``name=``, which must be there.

        Raises:
            InfoRefusal: it is missing, empty or too long.
        """
        value = self.optional(name, limit)
        if value is None:
            raise InfoRefusal(_code(name), f"missing '{name}'")
        return value

    def namespace_name(self, *older: str, required: bool = True, limit: int = MAX_NAMESPACE) -> str | None:
        """The value of ``namespace=``, or of one of its older names.

        Args:
            older: the older names.
            required: it must be there.
            limit: bytes that it may have.

        Raises:
            InfoRefusal: it is missing, empty or too long.
        """
        for name in ("namespace", *older):
            value = self.find(name)
            if value is not None:
                return self._checked("namespace", value, limit)
        if required:
            raise InfoRefusal(_code("namespace"), "missing 'namespace'")
        return None

    def namespace(self, node: Node, *older: str, limit: int = MAX_NAMESPACE) -> Namespace:
        """The node's namespace that is named, in so many bytes at most.

        Raises:
            InfoRefusal: it is not named, or there is no such namespace.
        """
        name = self.namespace_name(*older, limit=limit)
        return known_namespace(node, name or "")

    @staticmethod
    def _checked(name: str, value: str | None, limit: int | None) -> str | None:
        if value is None:
            return None
        if not value:
            raise InfoRefusal(_code(name), f"missing '{name}' value")
        if limit is not None and len(value.encode(errors="surrogateescape")) > limit:
            raise InfoRefusal(_code(name), f"'{name}' value too long")
        return value


def known_namespace(node: Node, name: str) -> Namespace:
    """A namespace of the node by name.

    Raises:
        InfoRefusal: there is none.
    """
    found = node.namespaces.get(name)
    if found is None:
        raise InfoRefusal(ResultCode.NAMESPACE_NOT_FOUND, "namespace not found on node")
    return found


def _code(name: str) -> int:
    return ResultCode.NAMESPACE_NOT_FOUND if name == "namespace" else ResultCode.INVALID_REQUEST
