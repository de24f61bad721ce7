"""Calls on users and roles; Enterprise servers only."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from aerospike_wire.compat.calls.base import Base
from aerospike_wire.policy import AdminPolicy
from aerospike_wire.secret import Secret

if TYPE_CHECKING:
    from aerospike_wire.users import UserInfo

Policy = dict[str, Any] | None


def _user(info: UserInfo) -> dict[str, Any]:
    """A user as the official client tells it: None in place of rates that the server does not tell."""
    return {**info, "read_info": info["read_info"] or None, "write_info": info["write_info"] or None}


class Admin(Base):
    """Calls on users and roles."""

    def _admin(self, policy: Any) -> dict[str, Any] | None:
        return self._policy(AdminPolicy, policy)

    def admin_create_user(self, user: str, password: str, roles: list[str], policy: Policy = None) -> int:
        """Create a user."""
        secret: Any = Secret(password)
        del password
        self._native.admin_create_user(user, secret, roles, self._admin(policy))
        return 0

    def admin_create_pki_user(self, user: str, roles: list[str], policy: Policy = None) -> int:
        """Create a user who logs in with a certificate."""
        self._native.admin_create_pki_user(user, roles, self._admin(policy))
        return 0

    def admin_drop_user(self, user: str, policy: Policy = None) -> int:
        """Remove a user."""
        self._native.admin_drop_user(user, self._admin(policy))
        return 0

    def admin_set_password(self, user: str, password: str, policy: Policy = None) -> int:
        """Set a user's password."""
        secret: Any = Secret(password)
        del password
        self._native.admin_set_password(user, secret, self._admin(policy))
        return 0

    def admin_change_password(self, user: str, password: str, policy: Policy = None) -> int:
        """Change one's own password."""
        secret: Any = Secret(password)
        del password
        self._native.admin_change_password(user, secret, self._admin(policy))
        return 0

    def admin_grant_roles(self, user: str, roles: list[str], policy: Policy = None) -> int:
        """Give roles to a user."""
        self._native.admin_grant_roles(user, roles, self._admin(policy))
        return 0

    def admin_revoke_roles(self, user: str, roles: list[str], policy: Policy = None) -> int:
        """Take roles from a user."""
        self._native.admin_revoke_roles(user, roles, self._admin(policy))
        return 0

    def admin_query_user_info(self, user: str, policy: Policy = None) -> dict[str, Any]:
        """A user: ``roles``, ``read_info``, ``write_info``, ``conns_in_use``."""
        return _user(self._native.admin_query_user_info(user, self._admin(policy)))

    def admin_query_users_info(self, policy: Policy = None) -> dict[str, dict[str, Any]]:
        """All users by name."""
        return {name: _user(info) for name, info in self._native.admin_query_users_info(self._admin(policy)).items()}

    def admin_create_role(
        self,
        role: str,
        privileges: list[Any],
        policy: Policy = None,
        whitelist: list[str] | None = None,
        read_quota: int = 0,
        write_quota: int = 0,
    ) -> int:
        """Create a role."""
        given = self._admin(policy)
        self._native.admin_create_role(role, privileges, given, whitelist, read_quota, write_quota)
        return 0

    def admin_drop_role(self, role: str, policy: Policy = None) -> int:
        """Remove a role."""
        self._native.admin_drop_role(role, self._admin(policy))
        return 0

    def admin_grant_privileges(self, role: str, privileges: list[Any], policy: Policy = None) -> int:
        """Give privileges to a role."""
        self._native.admin_grant_privileges(role, privileges, self._admin(policy))
        return 0

    def admin_revoke_privileges(self, role: str, privileges: list[Any], policy: Policy = None) -> int:
        """Take privileges from a role."""
        self._native.admin_revoke_privileges(role, privileges, self._admin(policy))
        return 0

    def admin_set_whitelist(self, role: str, whitelist: list[str] | None, policy: Policy = None) -> int:
        """Say from which addresses the users of a role may come; None for any."""
        self._native.admin_set_whitelist(role, whitelist, self._admin(policy))
        return 0

    def admin_set_quotas(
        self, role: str, read_quota: int | None = None, write_quota: int | None = None, policy: Policy = None
    ) -> int:
        """Limit the records per second of a role's users; 0 for no limit, and what is not given stays as it is."""
        self._native.admin_set_quotas(role, read_quota, write_quota, self._admin(policy))
        return 0

    def admin_get_role(self, role: str, policy: Policy = None) -> dict[str, Any]:
        """A role: ``privileges``, ``whitelist``, ``read_quota``, ``write_quota``."""
        return dict(self._native.admin_get_role(role, self._admin(policy)))

    def admin_get_roles(self, policy: Policy = None) -> dict[str, dict[str, Any]]:
        """All roles by name."""
        return {name: dict(info) for name, info in self._native.admin_get_roles(self._admin(policy)).items()}

    def admin_query_role(self, role: str, policy: Policy = None) -> list[dict[str, Any]]:
        """The privileges of a role. Deprecated: ``admin_get_role``."""
        warnings.warn("admin_query_role() is deprecated, use admin_get_role()", DeprecationWarning, stacklevel=2)
        return [dict(row) for row in self._native.admin_query_role(role, self._admin(policy))]

    def admin_query_roles(self, policy: Policy = None) -> dict[str, list[dict[str, Any]]]:
        """The privileges of all roles. Deprecated: ``admin_get_roles``."""
        warnings.warn("admin_query_roles() is deprecated, use admin_get_roles()", DeprecationWarning, stacklevel=2)
        found = self._native.admin_query_roles(self._admin(policy))
        return {name: [dict(row) for row in rows] for name, rows in found.items()}
