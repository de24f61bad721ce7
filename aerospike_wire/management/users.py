"""Users and their passwords, which take a while to hash."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aerospike_wire.cluster.login import hash_password
from aerospike_wire.errors import ClientError
from aerospike_wire.proto.commands.admin import MAX_PASSWORD, ChangePassword, PasswordCommand, check_name
from aerospike_wire.proto.invalid import InvalidArgument

if TYPE_CHECKING:
    from aerospike_wire.core import Core
    from aerospike_wire.facade import ErrorHook
    from aerospike_wire.secret import Secret


async def with_password(core: Core, command: PasswordCommand[None], secret: Secret, hook: ErrorHook | None) -> None:
    """Carry out a command with a password. To hash it takes some 50 ms, so it is done beside other calls."""
    try:
        check_name("password", secret.reveal(), MAX_PASSWORD, empty=True)
        command.password = await core.runtime.compute(lambda: hash_password(secret.reveal()))
    except (InvalidArgument, ClientError) as error:
        command.refuse(error.with_traceback(None))  # its frames know the password
    await core.execute(command, hook)


async def change_password(core: Core, username: Any, secret: Secret, policy: Any, hook: ErrorHook | None) -> None:
    """Change the client's own password, with which it then logs in."""
    authenticator = core.cluster.authenticator
    command = ChangePassword(policy, user=username)
    try:
        command.old = await authenticator.credential()
    except ClientError as error:
        command.refuse(error)
    await with_password(core, command, secret, hook)
    authenticator.changed(username, secret, command.password)
