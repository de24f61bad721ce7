"""The asyncio client's calls on users and roles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aerospike_wire import facade
from aerospike_wire.management import users as management
from aerospike_wire.proto.commands.admin import (
    CreatePkiUser,
    CreateUser,
    DropUser,
    GrantRoles,
    QueryUser,
    QueryUsers,
    RevokeRoles,
    SetPassword,
)
from aerospike_wire.proto.commands.roles import (
    CreateRole,
    DropRole,
    GrantPrivileges,
    QueryRole,
    QueryRoles,
    RevokePrivileges,
    SetQuotas,
    SetWhitelist,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aerospike_wire.facade import ErrorHook, Given
    from aerospike_wire.policy import AdminPolicy
    from aerospike_wire.users import GivenPrivilege, Privilege, RoleInfo, UserInfo


class Users(facade.Facade):
    """Calls on users and roles. Their errors name user and role, and never a password."""

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
            username: the user, at most 63 bytes.
            password: at most 63 bytes; only its bcrypt text is sent.
            roles: names of the roles to give the user.
            policy: AdminPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            UserExistsError: there is such a user.
            InvalidRole: one of the roles does not exist.
            AerospikeError: the call failed in another way.
        """
        command = CreateUser(policy, user=username, roles=roles)
        await management.with_password(self._core, command, password, error_hook)

    async def admin_create_pki_user(
        self,
        username: str,
        roles: Sequence[str] = (),
        policy: Given[AdminPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Create a user who has a certificate and no password (protocol section 8.5).

        Servers from 8.1 on know such users; they log in over TLS.

        Args:
            username: the name that is in the certificate, at most 63 bytes.
            roles: names of the roles to give the user.
            policy: AdminPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            UserExistsError: there is such a user.
            InvalidRole: one of the roles does not exist.
            AerospikeError: the call failed in another way.
        """
        await self._core.execute(CreatePkiUser(policy, user=username, roles=roles), error_hook)

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
        await self._core.execute(DropUser(policy, user=username), error_hook)

    async def admin_set_password(
        self,
        username: str,
        password: str,
        policy: Given[AdminPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Give any user a new password; takes a user administrator (protocol section 8.2).

        Args:
            username: the user.
            password: at most 63 bytes; only its bcrypt text is sent.
            policy: AdminPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            InvalidUser: there is no such user.
            ForbiddenPassword: the user has a certificate instead of a password.
            AerospikeError: the call failed in another way.
        """
        command = SetPassword(policy, user=username)
        await management.with_password(self._core, command, password, error_hook)

    async def admin_change_password(
        self,
        username: str,
        password: str,
        policy: Given[AdminPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Change the password of the user that this client logs in as (protocol section 8.2).

        The client goes on with the new password. Other clients of this user keep what connections
        they have and need the new password for others.

        Args:
            username: the user that the client was made with.
            password: the new one, at most 63 bytes; only its bcrypt text is sent.
            policy: AdminPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            ParamError: the client does not log in with a password.
            InvalidCredential: the password that the client has is no longer the right one.
            AerospikeError: the call failed in another way.
        """
        await management.change_password(self._core, username, password, policy, error_hook)

    async def admin_grant_roles(
        self,
        username: str,
        roles: Sequence[str],
        policy: Given[AdminPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Give a user further roles (protocol section 8.2).

        Args:
            username: the user.
            roles: names of the roles.
            policy: AdminPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            InvalidUser: there is no such user.
            InvalidRole: one of the roles does not exist.
            AerospikeError: the call failed in another way.
        """
        await self._core.execute(GrantRoles(policy, user=username, roles=roles), error_hook)

    async def admin_revoke_roles(
        self,
        username: str,
        roles: Sequence[str],
        policy: Given[AdminPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Take roles from a user (protocol section 8.2).

        Args:
            username: the user.
            roles: names of the roles.
            policy: AdminPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            InvalidUser: there is no such user.
            InvalidRole: one of the roles does not exist.
            AerospikeError: the call failed in another way.
        """
        await self._core.execute(RevokeRoles(policy, user=username, roles=roles), error_hook)

    async def admin_query_user_info(
        self,
        username: str,
        policy: Given[AdminPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> UserInfo:
        """A user's roles, connections and rates (protocol section 8.7).

        Args:
            username: the user.
            policy: AdminPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            InvalidUser: there is no such user.
            AerospikeError: the call failed in another way.
        """
        return await self._core.execute(QueryUser(policy, user=username), error_hook)

    async def admin_query_users_info(
        self,
        policy: Given[AdminPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> dict[str, UserInfo]:
        """All users with their roles, connections and rates (protocol section 8.7).

        Args:
            policy: AdminPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Returns:
            Users by name.

        Raises:
            AerospikeError: the call failed in another way.
        """
        return await self._core.execute(QueryUsers(policy), error_hook)

    async def admin_query_user(
        self,
        username: str,
        policy: Given[AdminPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> list[str]:
        """The roles of a user (protocol section 8.7).

        Args:
            username: the user.
            policy: AdminPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            InvalidUser: there is no such user.
            AerospikeError: the call failed in another way.
        """
        command = QueryUser(policy, user=username, method="admin_query_user")
        found = await self._core.execute(command, error_hook)
        return found["roles"]

    async def admin_query_users(
        self,
        policy: Given[AdminPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> dict[str, list[str]]:
        """All users with their roles (protocol section 8.7).

        Args:
            policy: AdminPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Returns:
            Names of roles by user.

        Raises:
            AerospikeError: the call failed in another way.
        """
        users = await self._core.execute(QueryUsers(policy, method="admin_query_users"), error_hook)
        return {name: user["roles"] for name, user in users.items()}

    async def admin_create_role(
        self,
        role: str,
        privileges: Sequence[GivenPrivilege] = (),
        policy: Given[AdminPolicy] = None,
        whitelist: Sequence[str] | None = None,
        read_quota: int = 0,
        write_quota: int = 0,
        *,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Create a role (protocol section 8.2).

        Args:
            role: name of the role, at most 63 bytes.
            privileges: dicts with ``code`` (a PrivilegeCode, its number or its name), ``ns`` and ``set``.
            policy: AdminPolicy, or a dict with its names.
            whitelist: addresses and networks that the role's users may come from; None for any.
            read_quota: records that each of its users may read per second; 0 for no limit.
            write_quota: records that each of its users may write per second; 0 for no limit.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            RoleExistsError: there is such a role.
            InvalidPrivilege: the server does not know a privilege.
            InvalidWhitelist: an item of the whitelist is neither address nor network.
            QuotasNotEnabled: the server keeps no quotas.
            AerospikeError: the call failed in another way.
        """
        command = CreateRole(
            policy,
            role=role,
            privileges=privileges,
            whitelist=whitelist,
            read_quota=read_quota,
            write_quota=write_quota,
        )
        await self._core.execute(command, error_hook)

    async def admin_drop_role(
        self,
        role: str,
        policy: Given[AdminPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Delete a role; its users lose it (protocol section 8.2).

        Args:
            role: name of the role.
            policy: AdminPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            InvalidRole: there is no such role.
            AerospikeError: the call failed in another way.
        """
        await self._core.execute(DropRole(policy, role=role), error_hook)

    async def admin_grant_privileges(
        self,
        role: str,
        privileges: Sequence[GivenPrivilege],
        policy: Given[AdminPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Give a role further privileges (protocol section 8.2).

        Args:
            role: name of the role.
            privileges: dicts with ``code`` (a PrivilegeCode, its number or its name), ``ns`` and ``set``.
            policy: AdminPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            InvalidRole: there is no such role.
            InvalidPrivilege: the server does not know a privilege.
            AerospikeError: the call failed in another way.
        """
        await self._core.execute(GrantPrivileges(policy, role=role, privileges=privileges), error_hook)

    async def admin_revoke_privileges(
        self,
        role: str,
        privileges: Sequence[GivenPrivilege],
        policy: Given[AdminPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Take privileges from a role (protocol section 8.2).

        Args:
            role: name of the role.
            privileges: dicts with ``code`` (a PrivilegeCode, its number or its name), ``ns`` and ``set``.
            policy: AdminPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            InvalidRole: there is no such role.
            InvalidPrivilege: the server does not know a privilege.
            AerospikeError: the call failed in another way.
        """
        await self._core.execute(RevokePrivileges(policy, role=role, privileges=privileges), error_hook)

    async def admin_set_whitelist(
        self,
        role: str,
        whitelist: Sequence[str] | None,
        policy: Given[AdminPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Say where a role's users may come from (protocol section 8.2).

        Args:
            role: name of the role.
            whitelist: addresses and networks; None or empty for anywhere.
            policy: AdminPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            InvalidRole: there is no such role.
            InvalidWhitelist: an item is neither address nor network.
            AerospikeError: the call failed in another way.
        """
        await self._core.execute(SetWhitelist(policy, role=role, whitelist=whitelist), error_hook)

    async def admin_set_quotas(
        self,
        role: str,
        read_quota: int | None = None,
        write_quota: int | None = None,
        policy: Given[AdminPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> None:
        """Limit how much a role's users may read and write (protocol section 8.2).

        Args:
            role: name of the role.
            read_quota: records per second for each user, 0 for no limit; None leaves it as it is.
            write_quota: the same for writes.
            policy: AdminPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            InvalidRole: there is no such role.
            QuotasNotEnabled: the server keeps no quotas.
            AerospikeError: the call failed in another way.
        """
        await self._core.execute(
            SetQuotas(policy, role=role, read_quota=read_quota, write_quota=write_quota), error_hook
        )

    async def admin_get_role(
        self,
        role: str,
        policy: Given[AdminPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> RoleInfo:
        """A role's privileges, whitelist and quotas (protocol section 8.7).

        Args:
            role: name of the role.
            policy: AdminPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            InvalidRole: there is no such role.
            AerospikeError: the call failed in another way.
        """
        return await self._core.execute(QueryRole(policy, role=role), error_hook)

    async def admin_get_roles(
        self,
        policy: Given[AdminPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> dict[str, RoleInfo]:
        """All roles with their privileges, whitelists and quotas (protocol section 8.7).

        Args:
            policy: AdminPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Returns:
            Roles by name, the predefined ones included.

        Raises:
            AerospikeError: the call failed in another way.
        """
        return await self._core.execute(QueryRoles(policy), error_hook)

    async def admin_query_role(
        self,
        role: str,
        policy: Given[AdminPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> list[Privilege]:
        """The privileges of a role (protocol section 8.7).

        Args:
            role: name of the role.
            policy: AdminPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Raises:
            InvalidRole: there is no such role.
            AerospikeError: the call failed in another way.
        """
        found = await self._core.execute(QueryRole(policy, role=role, method="admin_query_role"), error_hook)
        return found["privileges"]

    async def admin_query_roles(
        self,
        policy: Given[AdminPolicy] = None,
        *,
        error_hook: ErrorHook | None = None,
    ) -> dict[str, list[Privilege]]:
        """All roles with their privileges (protocol section 8.7).

        Args:
            policy: AdminPolicy, or a dict with its names.
            error_hook: one more hook or mapping for errors, for this call.

        Returns:
            Privileges by role.

        Raises:
            AerospikeError: the call failed in another way.
        """
        roles = await self._core.execute(QueryRoles(policy, method="admin_query_roles"), error_hook)
        return {name: role["privileges"] for name, role in roles.items()}
