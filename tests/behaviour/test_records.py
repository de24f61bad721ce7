"""The commands on one record, with all their policies, on both clients."""

from __future__ import annotations

from typing import Any

import pytest
from cases import for_each

from aerospike_wire import GeoJSON, Key, errors, policy

KEY = ("test", "records", "k")
BAR = ("bar", "records", "k")
NEVER = 0xFFFF_FFFF


async def generation(client: Any, key: tuple[Any, ...] = KEY) -> int:
    """The generation of a record."""
    _, meta = await client.exists(key)
    return int(meta["gen"])


async def ttl(client: Any, key: tuple[Any, ...] = BAR) -> int:
    """Seconds that a record has left."""
    _, meta = await client.exists(key)
    return int(meta["ttl"])


# Reading


@for_each(
    "value",
    [
        0, -(2**63), 2**63 - 1, 1.5, -0.0, "", "text", "žluť-日本", b"", b"\x00\xff", True, False, [], [1, [2, "x"]],
        {}, {"a": {"b": [1, 2.5, None]}}, {1: "x"}, GeoJSON('{"type": "Point", "coordinates": [1, 2]}'),
    ],
    ids=repr,
)  # fmt: skip
async def test_values_come_back(client: Any, server: Any, value: Any) -> None:
    """Every kind of value comes back equal and of the same type."""
    await client.put(KEY, {"v": value})
    _, _, bins = await client.get(KEY)
    assert bins == {"v": value}
    assert type(bins["v"]) is type(value)


async def test_record_is_a_named_tuple(client: Any) -> None:
    """A record gives key with digest, meta and bins, by name and by place."""
    await client.put(KEY, {"a": 1, "b": "x"})
    record = await client.get(KEY)
    assert record.key[:3] == KEY
    assert len(record.key.digest) == 20
    assert record.meta == {"gen": 1, "ttl": NEVER}
    assert record[2] == {"a": 1, "b": "x"}


async def test_get_by_digest(client: Any) -> None:
    """A record can be read by its digest alone."""
    await client.put(KEY, {"a": 1})
    digest = (await client.get(KEY)).key.digest
    assert (await client.get(Key("test", "records", None, digest))).bins == {"a": 1}


async def test_missing_record(client: Any) -> None:
    """A missing record raises RecordNotFound that knows key, operation, node and its one attempt."""
    with pytest.raises(errors.RecordNotFound) as caught:
        await client.get(KEY)
    error = caught.value
    assert error.key[:3] == KEY
    assert error.context.operation == "get"
    (attempt,) = error.attempts
    assert (attempt.node, attempt.sent, attempt.answered, attempt.code) == (error.node, True, True, 2)
    assert not error.in_doubt


@for_each("default", [None, {}, "nothing"])
async def test_default_instead_of_missing(client: Any, server: Any, default: Any) -> None:
    """With a default, a missing record is no error, whatever the default is."""
    assert await client.get(KEY, default=default) is default
    assert await client.select(KEY, ["a"], default=default) is default


async def test_default_is_not_for_other_errors(client: Any, server: Any) -> None:
    """A default replaces RecordNotFound only."""
    server.faults.on("get").answer(22)
    with pytest.raises(errors.ForbiddenError):
        await client.get(KEY, default=None)


async def test_select(client: Any) -> None:
    """Select reads the bins that are there and leaves out the others."""
    await client.put(KEY, {"a": 1, "b": 2, "c": 3})
    assert (await client.select(KEY, ["a", "c", "nope"])).bins == {"a": 1, "c": 3}


async def test_exists(client: Any) -> None:
    """Exists gives meta of a record and None for a missing one."""
    key, meta = await client.exists(KEY)
    assert (key[:3], meta) == (KEY, None)
    await client.put(KEY, {"a": 1})
    _, meta = await client.exists(KEY)
    assert meta == {"gen": 1, "ttl": NEVER}


@for_each("mode", list(policy.ReadModeAP))
@for_each("replica", list(policy.Replica))
async def test_read_modes(client: Any, server: Any, mode: policy.ReadModeAP, replica: policy.Replica) -> None:
    """All read modes and replica choices read the record of a single node."""
    await client.put(KEY, {"a": 1})
    assert (await client.get(KEY, {"read_mode_ap": mode, "replica": replica})).bins == {"a": 1}


async def test_linearized_read(client: Any) -> None:
    """A linearized read is refused by a node without strong consistency."""
    await client.put(KEY, {"a": 1})
    with pytest.raises(errors.EnterpriseOnly):
        await client.get(KEY, {"read_mode_sc": policy.ReadModeSC.LINEARIZE})


# Writing


async def test_put_keeps_other_bins(client: Any) -> None:
    """Put changes the bins it names; None deletes one."""
    await client.put(KEY, {"a": 1, "b": 2})
    await client.put(KEY, {"b": 3, "c": 4, "a": None})
    assert (await client.get(KEY)).bins == {"b": 3, "c": 4}
    assert await generation(client) == 2


@for_each(
    ("exists", "there", "error", "bins"),
    [
        ("IGNORE", False, None, {"n": 1}),
        ("IGNORE", True, None, {"a": 1, "n": 1}),
        ("CREATE", False, None, {"n": 1}),
        ("CREATE", True, errors.RecordExistsError, {"a": 1}),
        ("UPDATE", False, errors.RecordNotFound, None),
        ("UPDATE", True, None, {"a": 1, "n": 1}),
        ("REPLACE", False, errors.RecordNotFound, None),
        ("REPLACE", True, None, {"n": 1}),
        ("CREATE_OR_REPLACE", False, None, {"n": 1}),
        ("CREATE_OR_REPLACE", True, None, {"n": 1}),
    ],
)
async def test_exists_policy(client: Any, server: Any, exists: str, there: bool, error: Any, bins: Any) -> None:
    """The exists policy decides between create, update and replace."""
    if there:
        await client.put(KEY, {"a": 1})
    given = {"exists": policy.Exists[exists]}
    if error is None:
        await client.put(KEY, {"n": 1}, policy=given)
    else:
        with pytest.raises(error) as caught:
            await client.put(KEY, {"n": 1}, policy=given)
        assert (caught.value.bin, caught.value.in_doubt) == ("n", False)
    record = await client.get(KEY, default=None)
    assert (record and record.bins) == bins


@for_each(
    ("mode", "gen", "accepted"),
    [("EQ", 2, True), ("EQ", 1, False), ("EQ", 3, False), ("GT", 3, True), ("GT", 2, False), ("GT", 1, False),
     ("IGNORE", 99, True)],
)  # fmt: skip
@for_each("command", ["put", "touch", "append", "prepend", "increment", "remove_bin", "remove"])
async def test_generation_policy(client: Any, server: Any, command: str, mode: str, gen: int, accepted: bool) -> None:
    """Every write compares generations as its policy says, and an unequal one changes nothing."""
    await client.put(KEY, {"n": 1, "s": "x"})
    await client.put(KEY, {"n": 1})
    args: dict[str, Any] = {
        "put": [{"n": 2}], "touch": [0], "append": ["s", "y"], "prepend": ["s", "y"], "increment": ["n", 1],
        "remove_bin": [["s"]], "remove": [],
    }  # fmt: skip
    call = getattr(client, command)(KEY, *args[command], {"gen": gen}, {"gen": policy.Generation[mode]})
    if accepted:
        await call
        if command == "remove":
            assert await client.get(KEY, default=None) is None
        else:
            assert await generation(client) == 3
        return
    with pytest.raises(errors.RecordGenerationError) as caught:
        await call
    assert caught.value.context.operation == command
    assert (await client.get(KEY)).bins == {"n": 1, "s": "x"}
    assert await generation(client) == 2


async def test_generation_of_a_missing_record(client: Any) -> None:
    """To ask for a generation of a record that is missing is a generation error."""
    with pytest.raises(errors.RecordGenerationError):
        await client.put(KEY, {"a": 1}, {"gen": 1}, {"gen": policy.Generation.EQ})


async def test_append_and_prepend(client: Any) -> None:
    """Strings and blobs grow at either end; a missing bin begins empty."""
    await client.append(KEY, "s", "b")
    await client.prepend(KEY, "s", "a")
    await client.append(KEY, "s", "c")
    await client.append(KEY, "d", b"\x01")
    await client.prepend(KEY, "d", b"\x00")
    assert (await client.get(KEY)).bins == {"s": "abc", "d": b"\x00\x01"}


async def test_increment(client: Any) -> None:
    """Integers and floats are added to; a missing bin begins at zero; integers wrap."""
    await client.increment(KEY, "i", 5)
    await client.increment(KEY, "i", -7)
    await client.increment(KEY, "f", 0.5)
    await client.put(KEY, {"w": 2**63 - 1})
    await client.increment(KEY, "w", 1)
    assert (await client.get(KEY)).bins == {"i": -2, "f": 0.5, "w": -(2**63)}


@for_each(
    ("command", "bin_name", "value"),
    [
        ("append", "i", "x"),
        ("prepend", "i", "x"),
        ("increment", "s", 1),
        ("increment", "i", 0.5),
        ("append", "s", b"x"),
    ],
)
async def test_wrong_type(client: Any, server: Any, command: str, bin_name: str, value: Any) -> None:
    """A command that does not fit the bin's type names bin and key and changes nothing."""
    await client.put(KEY, {"i": 1, "s": "x"})
    with pytest.raises(errors.BinIncompatibleType) as caught:
        await getattr(client, command)(KEY, bin_name, value)
    assert (caught.value.bin, caught.value.key[:3], caught.value.in_doubt) == (bin_name, KEY, False)
    assert (await client.get(KEY)).bins == {"i": 1, "s": "x"}


async def test_remove(client: Any) -> None:
    """A removed record is gone; to remove it again is RecordNotFound."""
    await client.put(KEY, {"a": 1})
    await client.remove(KEY)
    with pytest.raises(errors.RecordNotFound):
        await client.remove(KEY)


async def test_remove_bin(client: Any) -> None:
    """Removed bins are gone, absent ones no matter; without bins there is no record."""
    await client.put(KEY, {"a": 1, "b": 2})
    await client.remove_bin(KEY, ["a", "nope"])
    assert (await client.get(KEY)).bins == {"b": 2}
    await client.remove_bin(KEY, ["b"])
    assert await client.get(KEY, default=None) is None


async def test_touch(client: Any) -> None:
    """Touch counts the generation up and leaves the bins; a missing record is RecordNotFound."""
    with pytest.raises(errors.RecordNotFound):
        await client.touch(KEY)
    await client.put(KEY, {"a": 1})
    await client.touch(KEY)
    assert await generation(client) == 2


# Times to live


@for_each(
    ("meta", "given", "wanted"),
    [
        ({"ttl": 100}, None, 100),
        ({"ttl": -1}, None, NEVER),
        (None, {"ttl": 200}, 200),
        ({"ttl": 50}, {"ttl": 200}, 50),
        ({"ttl": policy.TTL_CLIENT_DEFAULT}, {"ttl": 300}, 300),
        ({"ttl": policy.TTL_NEVER_EXPIRE}, None, NEVER),
        ({"ttl": 0}, None, NEVER),
    ],
)
async def test_time_to_live(client: Any, server: Any, meta: Any, given: Any, wanted: int) -> None:
    """The ttl of a write is meta's, else the policy's; -1 is never, 0 the namespace's default."""
    await client.put(BAR, {"a": 1}, meta, given)
    found = await ttl(client)
    assert found == wanted or (wanted != NEVER and wanted - 2 <= found <= wanted)


async def test_unchanged_time_to_live(client: Any) -> None:
    """With -2 a write leaves the record's ttl as it is."""
    await client.put(BAR, {"a": 1}, {"ttl": 1000})
    await client.put(BAR, {"a": 2}, {"ttl": -2})
    assert 998 <= await ttl(client) <= 1000


async def test_touch_with_time_to_live(client: Any) -> None:
    """Touch sets the ttl that it is given."""
    await client.put(BAR, {"a": 1}, {"ttl": 100})
    await client.touch(BAR, 5000)
    assert 4998 <= await ttl(client) <= 5000


async def test_default_of_the_client(make_client: Any, server: Any) -> None:
    """A ttl among the client's policies holds for writes that say nothing else."""
    client = make_client({"hosts": server.seeds, "policies": {"write": {"ttl": 777}}})
    await client.put(BAR, {"a": 1})
    assert 775 <= await ttl(client) <= 777


async def test_expired_record(client: Any, server: Any) -> None:
    """A record whose time is up is missing."""
    await client.put(BAR, {"a": 1}, {"ttl": 10})
    server.clock.advance(11)
    assert await client.get(BAR, default=None) is None


async def test_namespace_that_refuses_times_to_live(client: Any) -> None:
    """A namespace without expiration refuses a ttl; the error says of which record."""
    with pytest.raises(errors.ForbiddenError) as caught:
        await client.put(KEY, {"a": 1}, {"ttl": 100})
    assert caught.value.context.key[:3] == KEY
    assert caught.value.hint


async def test_time_to_live_that_is_too_long(client: Any) -> None:
    """More than ten years are refused by the node."""
    with pytest.raises(errors.InvalidRequest):
        await client.put(BAR, {"a": 1}, {"ttl": 315360001})


# Other policies


async def test_durable_delete(client: Any) -> None:
    """A durable delete needs another edition than the node has."""
    await client.put(KEY, {"a": 1})
    with pytest.raises(errors.EnterpriseOnly) as caught:
        await client.remove(KEY, policy={"durable_delete": True})
    assert (caught.value.code, caught.value.in_doubt) == (25, False)
    assert (await client.get(KEY)).bins == {"a": 1}


@pytest.mark.parametrize("level", list(policy.CommitLevel))
async def test_commit_level(client: Any, level: policy.CommitLevel) -> None:
    """Both commit levels write on a single node."""
    await client.put(KEY, {"a": 1}, policy={"commit_level": level})
    assert (await client.get(KEY)).bins == {"a": 1}


async def test_sent_key_is_stored(client: Any) -> None:
    """A key that was sent with a write comes back from queries; one that was not does not."""
    await client.put(("test", "sent", 1), {"a": 1}, policy={"key": policy.SendKey.SEND})
    await client.put(("test", "sent", 2), {"a": 2})
    found = {record.bins["a"]: record.key.user_key for record in await client.query("test", "sent").results()}
    assert found == {1: 1, 2: None}


async def test_key_mismatch(client: Any) -> None:
    """A sent key that is not the stored one is RecordKeyMismatch."""
    await client.put(KEY, {"a": 1}, policy={"key": policy.SendKey.SEND})
    digest = (await client.get(KEY)).key.digest
    with pytest.raises(errors.RecordKeyMismatch) as caught:
        await client.get(("test", "records", "other", digest), {"key": policy.SendKey.SEND})
    assert caught.value.code == 19


async def test_unknown_namespace(client: Any) -> None:
    """A namespace that no node has is known to be missing without asking."""
    with pytest.raises(errors.NamespaceNotFound) as caught:
        await client.get(("nowhere", "s", 1))
    assert not any(attempt.sent for attempt in caught.value.attempts)


@for_each(
    ("method", "args", "argument"),
    [
        ("get", [("test", "s")], "key"),
        ("get", [("test", "s", 1.5)], "key"),
        ("get", [KEY, {"no_such": 1}], "no_such"),
        ("get", [KEY, {"total_timeout": "x"}], "total_timeout"),
        ("put", [KEY, {"v": object()}], None),
        ("put", [KEY, {"v": 2**63}], None),
        ("put", [KEY, 5], "bins"),
        ("put", [KEY, {"a": 1}, 5], "meta"),
        ("select", [KEY, "a"], "bins"),
        ("increment", [KEY, "a", "x"], None),
    ],
)
async def test_bad_arguments(client: Any, server: Any, method: str, args: list[Any], argument: str | None) -> None:
    """A bad argument is a ParamError, also a ValueError, that names it; nothing is sent, the client stays usable."""
    await client.put(KEY, {"a": 1})
    with pytest.raises(errors.ParamError) as caught:
        await getattr(client, method)(*args)
    assert isinstance(caught.value, ValueError)
    assert not any(attempt.sent for attempt in caught.value.attempts)
    if argument is not None:
        assert argument in (caught.value.argument or "")
    assert (await client.get(KEY)).bins == {"a": 1}
