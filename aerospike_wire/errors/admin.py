"""Errors about users, roles and logins."""

from __future__ import annotations

from aerospike_wire.errors.base import ServerError
from aerospike_wire.errors.codes import ResultCode


class AdminError(ServerError, abstract=True):
    """The parent of security errors; adds ``user``, ``role`` and ``login``, never a password."""

    family_attributes = ("user", "role", "login")

    login: str | None = None
    """The user that the client logs in as; None if it does not, or if a certificate names the user."""

    @property
    def user(self) -> str | None:
        """The user that the command was about, or else that the client logs in as."""
        about = None if self.context is None else self.context.user
        return self.login if about is None else about

    def _where(self) -> str:
        where = super()._where()
        return where if self.login is None else f"{where} as {self.login!r}"

    @property
    def role(self) -> str | None:
        """The role that the command was about."""
        return None if self.context is None else self.context.role


class QueryEnd(AdminError, code=ResultCode.QUERY_END):
    """The end marker of a list came where none was expected."""


class SecurityNotSupported(AdminError, code=ResultCode.SECURITY_NOT_SUPPORTED):
    """The server has no security, as every Community server."""


class SecurityNotEnabled(AdminError, code=ResultCode.SECURITY_NOT_ENABLED):
    """Security is not switched on in the server."""


class SecuritySchemeNotSupported(AdminError, code=ResultCode.SECURITY_SCHEME_NOT_SUPPORTED):
    """The server does not know this security protocol."""


class InvalidCommand(AdminError, code=ResultCode.INVALID_COMMAND):
    """The server does not know the security command."""


class InvalidField(AdminError, code=ResultCode.INVALID_FIELD):
    """A field of the security command is missing or malformed."""


class IllegalState(AdminError, code=ResultCode.ILLEGAL_STATE):
    """The security command does not fit the state of the session."""


class InvalidUser(AdminError, code=ResultCode.INVALID_USER):
    """No such user."""


class UserExistsError(AdminError, code=ResultCode.USER_EXISTS):
    """A user of this name exists."""


class InvalidPassword(AdminError, code=ResultCode.INVALID_PASSWORD):
    """The password is missing or not acceptable."""


class ExpiredPassword(AdminError, code=ResultCode.EXPIRED_PASSWORD):
    """The password has expired."""


class ForbiddenPassword(AdminError, code=ResultCode.FORBIDDEN_PASSWORD):
    """The new password may not be used."""


class InvalidCredential(AdminError, code=ResultCode.INVALID_CREDENTIAL):
    """User and password do not belong together."""


class ExpiredSession(AdminError, code=ResultCode.EXPIRED_SESSION):
    """The session of the login has expired."""


class InvalidRole(AdminError, code=ResultCode.INVALID_ROLE):
    """No such role, or none was named."""


class RoleExistsError(AdminError, code=ResultCode.ROLE_EXISTS):
    """A role of this name exists."""


class InvalidPrivilege(AdminError, code=ResultCode.INVALID_PRIVILEGE):
    """A privilege is missing or unknown."""


class InvalidWhitelist(AdminError, code=ResultCode.INVALID_WHITELIST):
    """A role's list of addresses is malformed."""


class QuotasNotEnabled(AdminError, code=ResultCode.QUOTAS_NOT_ENABLED):
    """Quotas are not switched on in the server."""


class InvalidQuota(AdminError, code=ResultCode.INVALID_QUOTA):
    """The quota is not acceptable."""


class NotAuthenticated(AdminError, code=ResultCode.NOT_AUTHENTICATED):
    """The connection has not logged in."""


class RoleViolation(AdminError, code=ResultCode.ROLE_VIOLATION):
    """The user's roles do not permit this."""


class NotWhitelisted(AdminError, code=ResultCode.NOT_WHITELISTED):
    """The user may not connect from this address."""


class QuotaExceeded(AdminError, code=ResultCode.QUOTA_EXCEEDED):
    """The user is over the quota."""


class LDAPError(AdminError, abstract=True):
    """The parent of LDAP errors."""


class LDAPNotConfigured(LDAPError, code=ResultCode.LDAP_NOT_CONFIGURED):
    """The server has no LDAP configuration."""


class LDAPSetupError(LDAPError, code=ResultCode.LDAP_SETUP):
    """The server could not set up its LDAP connection."""


class LDAPTLSError(LDAPError, code=ResultCode.LDAP_TLS_SETUP):
    """The server could not set up TLS towards its LDAP directory."""


class LDAPAuthenticationError(LDAPError, code=ResultCode.LDAP_AUTHENTICATION):
    """The LDAP directory did not accept user and password."""


class LDAPQueryError(LDAPError, code=ResultCode.LDAP_QUERY):
    """A search in the LDAP directory failed."""
