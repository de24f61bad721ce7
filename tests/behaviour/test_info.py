"""Info commands, on both clients."""

from __future__ import annotations

from typing import Any

import pytest

from aerospike_wire import errors


async def test_answer(client: Any) -> None:
    """The answer is given as the node sent it."""
    assert await client.info_random_node("edition") == "edition\tAerospike Community Edition\n"


@pytest.mark.parametrize(
    ("command", "cls", "code"),
    [
        ("no-such-command", errors.InvalidRequest, 4),
        ("get-config:context=namespace;namespace=nowhere", errors.NamespaceNotFound, 20),
        ("sindex-stat:namespace=test;indexname=nope", errors.IndexNotFound, 201),
        ("roster:namespace=test", errors.EnterpriseOnly, 25),
        ("cluster-stable:size=9;namespace=test", errors.ClusterChangeError, 7),
    ],
)
async def test_refusal(client: Any, command: str, cls: Any, code: int) -> None:
    """An error in the answer's text is raised with its class, the command and the node."""
    with pytest.raises(cls) as caught:
        await client.info_random_node(command)
    error = caught.value
    assert (error.code, error.in_doubt) == (code, False)
    assert error.context.command == command
    assert error.node
    assert error.attempts[-1].answered


@pytest.mark.parametrize("command", [5, "", "a\nb", "a\tb"])
async def test_bad_command(client: Any, command: Any) -> None:
    """A command that cannot be sent is a ParamError that names the argument."""
    with pytest.raises(errors.ParamError) as caught:
        await client.info_random_node(command)
    assert caught.value.argument == "command"


async def test_silence(client: Any, server: Any) -> None:
    """A node that does not answer is a TimeoutError; reading is not in doubt."""
    await client.connect()
    server.faults.on("build").hang()
    with pytest.raises(errors.TimeoutError) as caught:
        await client.info_random_node("build", {"total_timeout": 60})
    assert not caught.value.in_doubt
    server.faults.clear()
    assert await client.info_random_node("build")
