"""The blocking client's calls on roles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aerospike_wire import facade
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
from aerospike_wire.transport.blocking import run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aerospike_wire.facade import ErrorHook, Given
    from aerospike_wire.policy import AdminPolicy
    from aerospike_wire.users import GivenPrivilege, Privilege, RoleInfo


class Roles(facade.Facade):
    """Calls on roles: their privileges, whitelists and quotas. Their errors name the role."""

    __slots__ = ()

    def admin_create_role(
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
        run(self._core.execute(command, error_hook))

    def admin_drop_role(
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
        run(self._core.execute(DropRole(policy, role=role), error_hook))

    def admin_grant_privileges(
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
        run(self._core.execute(GrantPrivileges(policy, role=role, privileges=privileges), error_hook))

    def admin_revoke_privileges(
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
        run(self._core.execute(RevokePrivileges(policy, role=role, privileges=privileges), error_hook))

    def admin_set_whitelist(
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
        run(self._core.execute(SetWhitelist(policy, role=role, whitelist=whitelist), error_hook))

    def admin_set_quotas(
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
        run(
            self._core.execute(SetQuotas(policy, role=role, read_quota=read_quota, write_quota=write_quota), error_hook)
        )

    def admin_get_role(
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
        return run(self._core.execute(QueryRole(policy, role=role), error_hook))

    def admin_get_roles(
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
        return run(self._core.execute(QueryRoles(policy), error_hook))

    def admin_query_role(
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
        found = run(self._core.execute(QueryRole(policy, role=role, method="admin_query_role"), error_hook))
        return found["privileges"]

    def admin_query_roles(
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
        roles = run(self._core.execute(QueryRoles(policy, method="admin_query_roles"), error_hook))
        return {name: role["privileges"] for name, role in roles.items()}
