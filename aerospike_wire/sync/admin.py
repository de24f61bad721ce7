"""The blocking client's calls on users; those on roles are in :mod:`.roles`."""

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
from aerospike_wire.secret import Secret
from aerospike_wire.transport.blocking import run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aerospike_wire.facade import ErrorHook, Given
    from aerospike_wire.policy import AdminPolicy
    from aerospike_wire.users import UserInfo


class Users(facade.Facade):
    """Calls on users. Their errors name user and role, and never a password."""

    __slots__ = ()

    def admin_create_user(
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
        command, secret = CreateUser(policy, user=username, roles=roles), Secret(password)
        del password
        run(management.with_password(self._core, command, secret, error_hook))

    def admin_create_pki_user(
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
        run(self._core.execute(CreatePkiUser(policy, user=username, roles=roles), error_hook))

    def admin_drop_user(
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
        run(self._core.execute(DropUser(policy, user=username), error_hook))

    def admin_set_password(
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
        command, secret = SetPassword(policy, user=username), Secret(password)
        del password
        run(management.with_password(self._core, command, secret, error_hook))

    def admin_change_password(
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
        secret = Secret(password)
        del password
        run(management.change_password(self._core, username, secret, policy, error_hook))

    def admin_grant_roles(
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
        run(self._core.execute(GrantRoles(policy, user=username, roles=roles), error_hook))

    def admin_revoke_roles(
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
        run(self._core.execute(RevokeRoles(policy, user=username, roles=roles), error_hook))

    def admin_query_user_info(
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
        return run(self._core.execute(QueryUser(policy, user=username), error_hook))

    def admin_query_users_info(
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
        return run(self._core.execute(QueryUsers(policy), error_hook))

    def admin_query_user(
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
        found = run(self._core.execute(command, error_hook))
        return found["roles"]

    def admin_query_users(
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
        users = run(self._core.execute(QueryUsers(policy, method="admin_query_users"), error_hook))
        return {name: user["roles"] for name, user in users.items()}
