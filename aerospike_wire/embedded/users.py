"""Users, roles and session tokens of a node."""

from __future__ import annotations

import enum
import functools
import hmac
import importlib
import ipaddress
import secrets
from typing import TYPE_CHECKING, Final

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

SALT: Final = b"$2a$10$7EqJtq98hPqEX7fNZaFWoO"
"""What all clients hash passwords with; a constant of the protocol."""
HASH_SIZE: Final = 60
"""Bytes of a hashed password."""
MAX_NAME: Final = 63
"""Bytes of a user's or role's name."""
SESSION_TTL: Final = 86_400
"""Seconds that a session token is good for, as on a server that is not told otherwise."""
FIRST_SCOPED: Final = 10
"""Privileges from this code on may be limited to a namespace or a set."""
_TOKEN_SIZE: Final = 32


class Privilege(enum.IntEnum):
    """What a role may allow, by code on the wire."""

    USER_ADMIN = 0
    SYS_ADMIN = 1
    DATA_ADMIN = 2
    UDF_ADMIN = 3
    SINDEX_ADMIN = 4
    READ = 10
    READ_WRITE = 11
    READ_WRITE_UDF = 12
    WRITE = 13
    TRUNCATE = 14

    @property
    def label(self) -> str:
        """The name that people use, also that of the predefined role."""
        return self.name.lower().replace("_", "-")


_GIVEN_BY: Final[dict[Privilege, frozenset[Privilege]]] = {
    Privilege.READ: frozenset({Privilege.READ, Privilege.READ_WRITE, Privilege.READ_WRITE_UDF}),
    Privilege.WRITE: frozenset({Privilege.WRITE, Privilege.READ_WRITE, Privilege.READ_WRITE_UDF}),
    Privilege.READ_WRITE: frozenset({Privilege.READ_WRITE, Privilege.READ_WRITE_UDF}),
    Privilege.READ_WRITE_UDF: frozenset({Privilege.READ_WRITE_UDF}),
    Privilege.TRUNCATE: frozenset({Privilege.TRUNCATE, Privilege.DATA_ADMIN}),
    Privilege.UDF_ADMIN: frozenset({Privilege.UDF_ADMIN, Privilege.DATA_ADMIN}),
    Privilege.SINDEX_ADMIN: frozenset({Privilege.SINDEX_ADMIN, Privilege.DATA_ADMIN}),
    Privilege.DATA_ADMIN: frozenset({Privilege.DATA_ADMIN}),
    Privilege.SYS_ADMIN: frozenset({Privilege.SYS_ADMIN}),
    Privilege.USER_ADMIN: frozenset({Privilege.USER_ADMIN}),
}
"""Privilege to those that contain it."""


@attrs.frozen
class Grant:
    """A privilege and what it is good for."""

    privilege: Privilege
    namespace: str = ""
    """Empty for all."""
    set: str = ""
    """Empty for all."""

    def allows(self, privilege: Privilege, namespace: str, set_name: str) -> bool:
        """Whether it contains a privilege for a set."""
        return (
            self.privilege in _GIVEN_BY[privilege] and self.namespace in ("", namespace) and self.set in ("", set_name)
        )


@attrs.define
class Role:
    """What its users may do."""

    grants: list[Grant] = attrs.field(factory=list)
    whitelist: str = ""
    """Addresses and networks that its users may come from, separated by commas; empty for all."""
    read_quota: int = 0
    """Records per second, 0 for no limit. Told, not enforced."""
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
    """Users, roles and sessions of a node. Disabled, it answers like Community Edition."""

    enabled: bool = False
    users: dict[str, User] = attrs.field(factory=dict)
    roles: dict[str, Role] = attrs.field(factory=_predefined_roles)
    session_ttl: int = SESSION_TTL
    """Seconds."""
    quotas: bool = True
    """Whether roles may have quotas."""
    tokens: dict[bytes, tuple[str, int]] = attrs.field(factory=dict, repr=False)
    """Session token to its user and the second since 2010 at which it expires."""

    @classmethod
    def with_users(cls, users: Mapping[str, tuple[str, Sequence[str]]] | None = None) -> Security:
        """Security switched on.

        Args:
            users: name to password and names of roles. None for the one user that a fresh
                server has, ``admin`` with password ``admin``, here with all administrative
                roles and read-write-udf.

        Raises:
            RuntimeError: bcrypt is not installed.
            ValueError: a role does not exist.
        """
        if users is None:
            labels = [p.label for p in Privilege if p < FIRST_SCOPED] + [Privilege.READ_WRITE_UDF.label]
            users = {"admin": ("admin", labels)}
        made = cls(enabled=True)
        for name, (password, roles) in users.items():
            unknown = sorted(set(roles) - made.roles.keys())
            if unknown:
                msg = f"user {name!r} has the unknown role {unknown[0]!r}"
                raise ValueError(msg)
            made.users[name] = User(hashed(password), list(roles))
        return made

    def allows(self, user: str, privilege: Privilege, namespace: str = "", set_name: str = "") -> bool:
        """Whether one of a user's roles gives a privilege for a set."""
        return any(grant.allows(privilege, namespace, set_name) for grant in self._grants(user))

    def _grants(self, user: str) -> Iterable[Grant]:
        found = self.users.get(user)
        for name in found.roles if found else ():
            role = self.roles.get(name)
            if role is not None:
                yield from role.grants

    def admits(self, user: str, peer: str) -> bool:
        """Whether a user may come from an address, ``host:port``."""
        found = self.users.get(user)
        listed = [self.roles[name].whitelist for name in found.roles if name in self.roles] if found else []
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
        return found is not None and hmac.compare_digest(found.credential, credential)

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
