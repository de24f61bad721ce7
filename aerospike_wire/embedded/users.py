"""Users, roles and session tokens of a node."""

from __future__ import annotations

import functools
import hmac
import importlib
import ipaddress
import secrets
from typing import TYPE_CHECKING, Final

import attrs

from aerospike_wire.embedded.permissions import GIVEN, Permission
from aerospike_wire.users import PrivilegeCode as Privilege

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SALT: Final = b"$2a$10$7EqJtq98hPqEX7fNZaFWoO"
"""What all clients hash passwords with; a constant of the protocol."""
NO_PASSWORD: Final = b"$2a$10$7EqJtq98hPqEX7fNZaFWoOePA2sZy..tlOF99W2N0g5KZ3dLaw8WO"
"""The hash of ``nopassword``: that of users who have a certificate instead."""
HASH_SIZE: Final = 60
"""Bytes of a hashed password."""
MAX_NAME: Final = 63
"""Bytes of a user's or role's name."""
SESSION_TTL: Final = 86_400
"""Seconds that a session token is good for, as on a server that is not told otherwise."""
FIRST_SCOPED: Final = 10
"""Privileges from this code on may be limited to a namespace or a set."""
_TOKEN_SIZE: Final = 32


@attrs.frozen
class Grant:
    """A privilege and what it is good for."""

    privilege: Privilege
    namespace: str = ""
    """Empty for all."""
    set: str = ""
    """Empty for all."""

    def allows(self, permission: Permission, namespace: str, set_name: str) -> bool:
        """Whether it gives a permission for a set."""
        return permission in GIVEN[self.privilege] and self.namespace in ("", namespace) and self.set in ("", set_name)


@attrs.define
class Role:
    """What its users may do."""

    grants: list[Grant] = attrs.field(factory=list)
    whitelist: str = ""
    """Addresses and networks that its users may come from, separated by commas; empty for all."""
    read_quota: int = 0
    """Records per second, 0 for no limit."""
    write_quota: int = 0


@attrs.define
class User:
    """Somebody who can log in."""

    credential: bytes = attrs.field(repr=False)
    """The hashed password."""
    roles: list[str] = attrs.field(factory=list)


PREDEFINED: Final = frozenset(privilege.label for privilege in Privilege)
"""Roles that exist on every node and cannot be changed."""


def _predefined_roles() -> dict[str, Role]:
    return {privilege.label: Role([Grant(privilege)]) for privilege in Privilege}


@functools.lru_cache(maxsize=256)
def hashed(password: str) -> bytes:
    """The hash that clients send for a password. Takes some 50 milliseconds the first time.

    Raises:
        RuntimeError: bcrypt is not installed.
    """
    try:
        bcrypt = importlib.import_module("bcrypt")
    except ImportError:
        msg = "a node with users needs bcrypt: install bcrypt"
        raise RuntimeError(msg) from None
    return bytes(bcrypt.hashpw(password.encode(), SALT))


@attrs.define
class Security:
    """Users, roles and sessions of a node."""

    enabled: bool = False
    users: dict[str, User] = attrs.field(factory=dict)
    roles: dict[str, Role] = attrs.field(factory=_predefined_roles)
    session_ttl: int = SESSION_TTL
    """Seconds."""
    quotas: bool = True
    """Whether roles may have quotas."""
    external: dict[str, str] = attrs.field(factory=dict, repr=False)
    """Passwords by user of those that log in from outside, as from LDAP."""
    tokens: dict[bytes, tuple[str, int]] = attrs.field(factory=dict, repr=False)
    """Session token to its user and the second since 2010 at which it expires."""

    @classmethod
    def with_users(
        cls,
        users: Mapping[str, tuple[str | None, Sequence[str]]] | None = None,
        external: Mapping[str, tuple[str, Sequence[str]]] | None = None,
    ) -> Security:
        """Security switched on.

        Args:
            users: name to password and names of roles; the password is None for one who has
                a certificate instead. None for the one user that a fresh server has,
                ``admin`` with password ``admin``, here with all administrative roles and
                read-write-udf.
            external: the same of users whose passwords are kept outside, as by LDAP.

        Raises:
            RuntimeError: bcrypt is not installed.
            ValueError: a role does not exist.
        """
        if users is None:
            labels = [p.label for p in Privilege if p < FIRST_SCOPED] + [Privilege.READ_WRITE_UDF.label]
            users = {"admin": ("admin", labels)}
        made = cls(enabled=True)
        for name, (password, roles) in {**users, **(external or {})}.items():
            unknown = sorted(set(roles) - made.roles.keys())
            if unknown:
                msg = f"user {name!r} has the unknown role {unknown[0]!r}"
                raise ValueError(msg)
            made.users[name] = User(NO_PASSWORD if password is None else hashed(password), sorted(set(roles)))
        for name, (password, _) in (external or {}).items():
            made.users[name].credential = NO_PASSWORD
            made.external[name] = password
        return made

    def allows(self, user: str, permissions: Permission, namespace: str = "", set_name: str = "") -> bool:
        """Whether a user's roles give all of these permissions for a set."""
        grants = [grant for role in self._roles(user) for grant in role.grants]
        return all(any(grant.allows(one, namespace, set_name) for grant in grants) for one in permissions)

    def _roles(self, user: str) -> list[Role]:
        found = self.users.get(user)
        return [self.roles[name] for name in found.roles if name in self.roles] if found else []

    def quotas_of(self, user: str) -> tuple[int, int]:
        """How many records a user may read and write per second: the largest of its roles' quotas; 0 for no limit."""
        roles = self._roles(user) if self.quotas else []
        return max((role.read_quota for role in roles), default=0), max((role.write_quota for role in roles), default=0)

    def admits(self, user: str, peer: str) -> bool:
        """Whether a user may come from an address, ``host:port``."""
        listed = [role.whitelist for role in self._roles(user)]
        networks = [part for whitelist in listed if whitelist for part in whitelist.split(",")]
        if not networks:
            return True
        try:
            address = ipaddress.ip_address(peer.rpartition(":")[0].strip("[]"))
        except ValueError:
            return False
        return any(address in ipaddress.ip_network(network.strip(), strict=False) for network in networks)

    def knows(self, user: str, credential: bytes) -> bool:
        """Whether a hashed password is the user's."""
        found = self.users.get(user)
        if found is None or found.credential == NO_PASSWORD:
            return False
        return hmac.compare_digest(found.credential, credential)

    def vouches(self, user: str, password: bytes) -> bool:
        """Whether a password is that of a user whom somebody else, as LDAP would, keeps passwords for."""
        kept = self.external.get(user)
        return kept is not None and hmac.compare_digest(kept.encode(), password)

    def open_session(self, user: str, now: int) -> bytes:
        """A new session token.

        Args:
            user: whose.
            now: seconds since 2010.
        """
        for token in [token for token, (_, expires) in self.tokens.items() if expires <= now]:
            del self.tokens[token]
        token = secrets.token_bytes(_TOKEN_SIZE)
        self.tokens[token] = (user, now + self.session_ttl)
        return token

    def session_of(self, token: bytes, now: int) -> str | None:
        """The user of a token that has not expired."""
        user, expires = self.tokens.get(token, ("", 0))
        return user if expires > now and user in self.users else None

    def end_sessions(self, user: str) -> None:
        """Make a user's tokens worthless."""
        for token in [token for token, (owner, _) in self.tokens.items() if owner == user]:
            del self.tokens[token]
