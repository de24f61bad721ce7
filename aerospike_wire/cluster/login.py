"""Logins and sessions (protocol section 8.4): every link of a secured cluster begins with one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from aerospike_wire.config import AuthMode
from aerospike_wire.deadline import earlier
from aerospike_wire.errors import ClientError, ProtocolError, ResultCode
from aerospike_wire.proto import admin
from aerospike_wire.proto.admin import AdminCommand, AdminField
from aerospike_wire.proto.header import FrameType
from aerospike_wire.secret import Secret
from aerospike_wire.transport import Call, LinkFailure

if TYPE_CHECKING:
    from aerospike_wire.config import ClientConfig
    from aerospike_wire.transport import Link, Runtime

_SALT: Final = b"$2a$10$7EqJtq98hPqEX7fNZaFWoO"
"""Part of the protocol: every client hashes with it, so that equal passwords hash alike."""
_EARLY: Final = 60.0
"""Seconds before its end at which a session counts as over."""


def hash_password(password: str) -> bytes:
    """The bcrypt text that stands for a password on the wire; takes some 50 ms.

    Raises:
        ClientError: the bcrypt library is not installed.
    """
    try:
        import bcrypt  # noqa: PLC0415  only clients with a user need it
    except ImportError:
        msg = "passwords need the bcrypt library: install aerospike-wire[auth]"
        raise ClientError(msg) from None
    return bcrypt.hashpw(password.encode(), _SALT)


@attrs.define
class Session:
    """What a node gave for a login."""

    token: bytes = attrs.field(repr=False)
    ends: float
    """In seconds of the runtime's clock."""

    def __reduce__(self) -> str:
        msg = "sessions are not pickled"
        raise TypeError(msg)


class Authenticator:
    """Logs links in. One for each client; sessions belong to nodes."""

    __slots__ = ("_config", "_hash", "_password", "_runtime")

    def __init__(self, runtime: Runtime, config: ClientConfig) -> None:
        self._runtime = runtime
        self._config = config
        self._password = Secret("") if config.password is None else config.password
        self._hash: bytes | None = None

    @property
    def needed(self) -> bool:
        """True if the client has a user."""
        return self._config.logs_in

    async def authenticate(self, link: Link, session: Session | None, deadline: float | None = None) -> Session | None:
        """Log a new link in, with the node's session where there is one.

        Raises:
            LinkFailure: the node refused (its code), or did not answer.
        """
        if session is not None and await self.present(link, session, deadline):
            return session
        # The session may have ended early, or the node restarted: log in anew.
        return await self.login(link, deadline)

    async def present(self, link: Link, session: Session, deadline: float | None = None) -> bool:
        """Show a session to the node; False if it is over, by its time or because the node says so.

        Raises:
            LinkFailure: the node did not answer.
        """
        if session.ends <= self._runtime.now():
            return False
        fields: list[tuple[int, bytes]] = [(AdminField.SESSION_TOKEN, session.token)]
        if self._config.auth_mode is not AuthMode.PKI:
            fields.insert(0, (AdminField.USER, (self._config.user or "").encode()))
        request = Secret(admin.request(AdminCommand.AUTHENTICATE, fields))
        del fields
        result, _ = await self._ask(link, request, deadline)
        return result == 0

    async def login(self, link: Link, deadline: float | None = None) -> Session | None:
        """Log in with user and password.

        Raises:
            LinkFailure: the node refused (its code), or did not answer.
        """
        config = self._config
        result, found = await self._ask(link, Secret(admin.request(AdminCommand.LOGIN, await self._proof())), deadline)
        if result == ResultCode.SECURITY_NOT_ENABLED:
            return None  # the server has security, switched off: as good as logged in
        if result:
            message = f"the node refused the login of user {config.user!r}"
            raise LoginRefused(result, message)
        token = found.get(AdminField.SESSION_TOKEN)
        if token is None:
            return None
        ttl = int.from_bytes(found.get(AdminField.SESSION_TTL, b""), "big")
        ends = self._runtime.now() + max(ttl - _EARLY, 0.0) if ttl else float("inf")
        return Session(token, ends)

    async def _proof(self) -> list[tuple[int, bytes]]:
        """The fields that say who the user is."""
        config = self._config
        if config.auth_mode is AuthMode.PKI:
            return []
        hashed = await self._hashed()
        user = (config.user or "").encode()
        fields: list[tuple[int, bytes]] = [(AdminField.USER, user), (AdminField.CREDENTIAL, hashed)]
        if config.auth_mode is not AuthMode.INTERNAL:
            fields.append((AdminField.CLEAR_PASSWORD, self._password.reveal().encode()))
        return fields

    async def _hashed(self) -> bytes:
        if self._hash is None:
            secret = self._password
            self._hash = await self._runtime.compute(lambda: hash_password(secret.reveal()))
        return self._hash

    async def credential(self) -> bytes | None:
        """The hash of the password that the client logs in with; None if it does so without.

        Raises:
            ClientError: the bcrypt library is not installed.
        """
        if self._config.user is None or self._config.auth_mode is AuthMode.PKI:
            return None
        return await self._hashed()

    def changed(self, user: str, secret: Secret, hashed: bytes) -> None:
        """Log in with a new password from now on, if it is that of the client's own user."""
        if user == self._config.user:
            self._password, self._hash = secret, hashed

    async def _ask(self, link: Link, request: Secret, deadline: float | None) -> tuple[int, dict[int, bytes]]:
        limit = earlier(self._runtime.now() + self._config.login_timeout / 1000, deadline)
        call = Call(request.reveal(), FrameType.ADMIN, None, limit, None, login=True)
        body = await link.exchange(call)
        try:
            message = next(admin.parse(body), None)
        except ProtocolError as error:
            raise LinkFailure(ResultCode.CLIENT, error.msg or "", sent=True) from error
        if message is None:
            raise LinkFailure(ResultCode.CLIENT, "the answer to the login is empty", sent=True)
        return message.result, message.fields


class LoginRefused(LinkFailure):
    """The node answered a login with an error."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(code, message, sent=True)
