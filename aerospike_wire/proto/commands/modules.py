"""Lua modules (protocol section 9.4): info requests on the wire."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import pathlib
from typing import TYPE_CHECKING, Any, ClassVar, Final

import attrs

from aerospike_wire.errors import ProtocolError, ResultCode, UDFContext
from aerospike_wire.proto import info_values
from aerospike_wire.proto.commands.info import InfoCommand, check_name, described, expect_ok, module_of
from aerospike_wire.proto.info import parameter
from aerospike_wire.proto.invalid import InvalidArgument, utf8

if TYPE_CHECKING:
    from collections.abc import Callable

    from aerospike_wire.info import ModuleInfo
    from aerospike_wire.proto.commands.base import Features

LUA: Final = 0
"""The only language."""
MAX_SOURCE: Final = 1024 * 1024
"""Bytes of a module's text."""


def check_language(argument: str, value: Any) -> None:
    """The language of a module.

    Raises:
        InvalidArgument: it is not Lua.
    """
    if isinstance(value, bool) or value != LUA:
        raise InvalidArgument(argument, f"must be {LUA} (Lua), not {value!r}")


@attrs.define(eq=False)
class ModuleCommand(InfoCommand["Any"]):
    """A command about one module."""

    filename: Any = ""
    method: str = attrs.field(default="", kw_only=True)
    """The client's method, where it is not the command's."""

    def check(self) -> None:
        check_name("module", self.filename)

    def context(self) -> UDFContext:
        return UDFContext(self.method or self.operation, self.given_policy(), module_of(described(self.filename)))


@attrs.define(eq=False)
class UdfPut(ModuleCommand):
    """Register a module."""

    source: Any = None
    """The Lua text; None to read the file ``filename``."""
    language: Any = LUA

    operation: ClassVar[str] = "udf_put"
    write: ClassVar[bool] = True
    name: str = attrs.field(init=False, default="")
    """The file's name without folders, as servers know it."""
    content: bytes = attrs.field(init=False, default=b"", repr=False)
    """The Lua text."""

    def check(self) -> None:
        if not isinstance(self.filename, str | pathlib.PurePath):
            raise InvalidArgument("filename", f"must be a str or path, not {type(self.filename).__name__}")
        check_language("udf_type", self.language)
        path = pathlib.Path(self.filename)
        self.name = parameter("filename", path.name)
        if not self.name:
            raise InvalidArgument("filename", f"must end in the name of a file, which {str(self.filename)!r} does not")
        if self.source is None:
            try:
                self.content = path.read_bytes()
            except (OSError, ValueError) as error:
                words = f"{str(path)!r} cannot be read: {getattr(error, 'strerror', None) or error}"
                raise InvalidArgument("filename", words, ResultCode.LUA_FILE_NOT_FOUND) from error
        elif isinstance(self.source, str):
            self.content = utf8("source", self.source)
        elif isinstance(self.source, bytes | bytearray):
            self.content = bytes(self.source)
        else:
            raise InvalidArgument("source", f"must be a str or bytes, not {type(self.source).__name__}")
        if len(self.content) > MAX_SOURCE:
            argument = "filename" if self.source is None else "source"
            raise InvalidArgument(argument, f"must have at most {MAX_SOURCE} bytes of Lua, not {len(self.content)}")

    def line(self, features: Features) -> str:
        text = base64.b64encode(self.content).decode()
        return f"udf-put:filename={self.name};content={text};content-len={len(text)};udf-type=LUA;"

    def decode(self, body: bytes, wall: Callable[[], float]) -> None:
        return expect_ok(self.value(body))

    def context(self) -> UDFContext:
        name = self.name or pathlib.PurePath(str(self.filename)).name
        return UDFContext(self.operation, self.given_policy(), module_of(name))

    @property
    def hash(self) -> bytes:
        """What servers list the module with once they have it: SHA-1 of the JSON that they keep."""
        content = base64.b64encode(self.content).decode()
        kept = json.dumps({"content64": content, "type": "LUA", "name": self.name})
        return hashlib.sha1(kept.encode(), usedforsecurity=False).hexdigest().encode()


@attrs.define(eq=False)
class UdfRemove(ModuleCommand):
    """Remove a module; one that is not registered is no error to servers."""

    operation: ClassVar[str] = "udf_remove"
    write: ClassVar[bool] = True

    def line(self, features: Features) -> str:
        return f"udf-remove:filename={self.filename};"

    def decode(self, body: bytes, wall: Callable[[], float]) -> None:
        return expect_ok(self.value(body))


@attrs.define(eq=False)
class UdfGet(ModuleCommand):
    """The text of a module."""

    language: Any = LUA

    operation: ClassVar[str] = "udf_get"

    def check(self) -> None:
        ModuleCommand.check(self)
        check_language("language", self.language)

    def line(self, features: Features) -> str:
        return f"udf-get:filename={self.filename};"

    def decode(self, body: bytes, wall: Callable[[], float]) -> str:
        content = info_values.pairs(self.value(body)).get("content")
        if content is None:
            msg = "the answer has no text of the module"
            raise ProtocolError(msg)
        try:
            return base64.b64decode(content, validate=True).decode()
        except binascii.Error:
            msg = "the module's text is not base64"
        except UnicodeDecodeError as error:
            msg = f"the module's text is not UTF-8 at byte {error.start}"
        raise ProtocolError(msg)


@attrs.define(eq=False)
class UdfList(ModuleCommand):
    """All registered modules."""

    filename: Any = None
    """The module for whose sake they are listed, for errors."""

    operation: ClassVar[str] = "udf_list"

    def check(self) -> None:
        pass  # there is nothing that could be wrong

    def line(self, features: Features) -> str:
        return "udf-list"

    def decode(self, body: bytes, wall: Callable[[], float]) -> list[ModuleInfo]:
        return [
            {"name": row.get("filename", ""), "hash": row.get("hash", "").encode(), "type": LUA, "content": b""}
            for row in info_values.rows(self.value(body), ",")
        ]
