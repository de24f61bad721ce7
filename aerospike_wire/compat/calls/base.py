"""What all families of calls stand on: this client's own, and the way of policies."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

from aerospike_wire.compat.policies import invalid_key, policy_of
from aerospike_wire.compat.refusal import refused
from aerospike_wire.errors import ClusterError, ParamError, TLSError
from aerospike_wire.sync import Client as Native

if TYPE_CHECKING:
    from aerospike_wire.compat.config import Setup
    from aerospike_wire.compat.values import Translator
    from aerospike_wire.core import Core
    from aerospike_wire.policy import Policy
    from aerospike_wire.secret import Secret


class Base:
    """A client without calls."""

    _setup: Setup
    _native: Native
    _core: Core
    _translator: Translator
    _validate: bool
    _forgotten: weakref.finalize[[], Base] | None = None
    """Closes this client's own if a program forgets the façade's without closing it, as many do."""

    @property
    def native(self) -> Native:
        """This client's own, on the same connections."""
        return self._native

    def _open(self, setup: Setup) -> None:
        self._setup = setup
        self._translator = setup.translator
        self._validate = setup.validate
        self._renew(setup.settings)

    def _renew(self, settings: dict[str, Any]) -> None:
        if self._forgotten is not None:
            self._forgotten.detach()
        try:
            self._native = Native(settings)
        except ParamError as error:
            if not (error.argument or "").startswith("tls"):
                raise
            raise TLSError(error.msg) from error  # as programs of the official client expect it
        self._core = self._native._core
        self._forgotten = weakref.finalize(self, self._native.close)
        self._forgotten.atexit = False  # the sockets end with the process; in a child they are the parent's

    def _connect(self, username: Any, secret: Secret) -> None:
        settings = self._setup.settings
        if not isinstance(username, str | None):
            raise refused("username", "username must be a str")
        if not isinstance(secret.reveal(), str | None):
            raise refused("password", "password must be a str")
        if username is not None:
            settings = {**settings, "user": username, "password": secret}
        if self._core.cluster.closed or settings is not self._setup.settings:
            self._native.close()
            self._renew(settings)
        self._native.connect()

    def close(self) -> None:
        """Close all connections. ``connect()`` opens the client again."""
        self._native.close()

    def is_connected(self) -> bool:
        """True while the client is connected."""
        return self._native.is_connected()

    def shm_key(self) -> int | None:
        """The key of the shared memory that the configuration asks for; this client uses none."""
        self._check_open()
        return self._setup.shm_key

    def _check_open(self) -> None:
        """Refuse calls of a client that was closed, before their arguments are looked at."""
        if self._core.cluster.closed:
            raise ClusterError("No connection to aerospike cluster.")

    def _policy(self, cls: type[Policy], given: Any) -> dict[str, Any] | None:
        if given is None:
            return None
        return policy_of(cls, given, self._translator, validate=self._validate)

    def _row_policy(self, cls: type[Policy], section: str, given: Any) -> Policy:
        """The policy of a batch's row: the configuration's for rows, and the call's on top.

        Unlike this client's own, rows do not take over what is configured for single writes.
        """
        own = self._policy(cls, given) or {}
        return cls.of({**self._setup.rows.get(section, {}), **own})

    def _meta(self, meta: Any, *, strict: bool = True) -> dict[str, int] | None:
        if meta is None:
            return None
        if not isinstance(meta, dict):
            raise refused("meta", "Metadata should be of type dictionary")
        found = {}
        for name, value in meta.items():
            if name in ("gen", "ttl"):
                if value is not None:
                    found[name] = int(value) if value is True or value is False else value
            elif self._validate and strict:
                raise invalid_key(name, "record metadata")
        return found
