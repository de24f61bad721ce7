"""The asyncio client's calls on Lua functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aerospike_wire import facade
from aerospike_wire.management import modules as management
from aerospike_wire.proto.commands.modules import UdfGet, UdfList, UdfPut, UdfRemove
from aerospike_wire.proto.commands.udf import Apply

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import PurePath

    from aerospike_wire.facade import ErrorHook, Given, KeyLike
    from aerospike_wire.info import ModuleInfo
    from aerospike_wire.policy import ApplyPolicy, InfoPolicy


class Functions(facade.Facade):
    """Calls on Lua functions."""

    __slots__ = ()

    async def apply(
        self,
        key: KeyLike,
        module: str,
        function: str,
        args: Sequence[Any] = (),
        policy: Given[ApplyPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> Any:
        """Apply a Lua function to a record (protocol section 2.8).

        Args:
            key: ``(namespace, set, user_key[, digest])`` or a Key.
            module: name of the module, without ``.lua``.
            function: name of the function.
            args: its arguments after the record.
            policy: ApplyPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Returns:
            What the function returned.

        Raises:
            UDFError: the function failed or could not be run; ``reason`` tells which, ``lua_file`` and
                ``lua_line`` where.
            AerospikeError: the call failed in another way.
        """
        return await self._core.execute(Apply(key, policy, module, function, args), error_hook)

    async def udf_put(
        self,
        filename: str | PurePath,
        udf_type: int = 0,
        policy: Given[InfoPolicy] = None,
        *,
        source: str | bytes | None = None,
        wait: bool = True,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Register a Lua module (protocol section 9.4).

        The text is read and sent; no file is ever written.

        Args:
            filename: path of the file; its last part names the module.
            udf_type: 0, Lua; servers know no other.
            policy: InfoPolicy, or a dict with its names.
            source: the Lua text, to register it without reading a file.
            wait: return once every node has the module; False returns once one node took it.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            LuaFileNotFound: the file cannot be read.
            UDFError: the server does not accept the module, for instance because it does not compile.
            TimeoutError: the deadline around the call passed; the module is registered all the same.
            AerospikeError: the call failed in another way.
        """
        command = UdfPut(policy, filename, source=source, language=udf_type)
        await management.put(self._core, command, error_hook, wait=wait)

    async def udf_remove(
        self,
        module: str,
        policy: Given[InfoPolicy] = None,
        *,
        wait: bool = True,
        strict: bool = False,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Remove a Lua module; servers accept one that does not exist (protocol section 9.4).

        Args:
            module: its file name, with ``.lua``.
            policy: InfoPolicy, or a dict with its names.
            wait: return once no node has the module; False returns once one node took the command.
            strict: fail if there is no such module, which servers accept.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            UDFError: ``strict``, and there is no such module.
            AerospikeError: the call failed in another way.
        """
        command = UdfRemove(policy, module)
        await management.remove(self._core, command, error_hook, wait=wait, strict=strict)

    async def udf_list(
        self,
        policy: Given[InfoPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> list[ModuleInfo]:
        """All registered Lua modules (protocol section 9.4).

        Args:
            policy: InfoPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            AerospikeError: the call failed; which class, and what it carries, the code decides.
        """
        return await self._core.execute(UdfList(policy), error_hook)

    async def udf_get(
        self,
        module: str,
        language: int = 0,
        policy: Given[InfoPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> str:
        """The text of a Lua module (protocol section 9.4).

        Args:
            module: its file name, with ``.lua``.
            language: 0, Lua; servers know no other.
            policy: InfoPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            UDFError: there is no such module.
            AerospikeError: the call failed in another way.
        """
        return str(await self._core.execute(UdfGet(policy, module, language=language), error_hook))
