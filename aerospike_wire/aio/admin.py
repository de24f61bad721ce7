"""The asyncio client's calls on users and roles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aerospike_wire import facade
from aerospike_wire.proto.commands.admin import DropUser

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aerospike_wire.facade import ErrorHook, Given
    from aerospike_wire.policy import (
        AdminPolicy,
    )


class Users(facade.Facade):
    """Calls on users and roles."""

    __slots__ = ()

    async def admin_create_user(
        self,
        username: str,
        password: str,
        roles: Sequence[str] = (),
        policy: Given[AdminPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Create a user (protocol section 8.2).

        Args:
            username: at most 63 bytes.
            password: only its bcrypt text is sent.
            roles: names of the roles to give the user.
            policy: AdminPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            UserExistsError: there is such a user.
            AerospikeError: the call failed in another way.
        """
        await facade.create_user(self._core, username, password, roles, policy, error_hook)

    async def admin_drop_user(
        self,
        username: str,
        policy: Given[AdminPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Delete a user (protocol section 8.2).

        Args:
            username: the user.
            policy: AdminPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            InvalidUser: there is no such user.
            AerospikeError: the call failed in another way.
        """
        await self._core.execute(DropUser(username, policy), error_hook)
