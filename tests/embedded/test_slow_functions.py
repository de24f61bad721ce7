"""Functions that take long: the node goes on answering others, and what they do counts for the record as it is then."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from aerospike_wire import Client, errors, lua
from aerospike_wire.embedded import EmbeddedCluster, EmbeddedServer

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(not lua.available(), reason="needs lupa")

SHORT = 0.2
"""Seconds after which functions without an end are stopped here."""
KEY = ("test", "slow", "k")
PATIENT = {"socket_timeout": 5000, "total_timeout": 5000}
SOURCE = """
local function work(seconds)
  local stop = os.clock() + seconds
  while os.clock() < stop do end
end
local function write(rec)
  if aerospike:exists(rec) then aerospike:update(rec) else aerospike:create(rec) end
end
function forever(rec) while true do pcall(function() while true do end end) end end
function add(rec, n) work(0.04) rec.n = (rec.n or 0) + n write(rec) return rec.n end
function nap(rec) work(0.04) return 'awake' end
function fail(rec) work(0.04) error('tired') end
function large(rec) local s = ('x'):rep(5000000) while true do s:upper() end end
"""


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedServer]:
    with EmbeddedServer() as running, Client(running.address) as made:
        running.node.modules.time_limit = 4.0
        made.udf_put("m.lua", source=SOURCE)
        yield running


@pytest.fixture
def client(server: EmbeddedServer) -> Iterator[Client]:
    with Client(server.address) as made:
        made.truncate("test", None)
        yield made


class Aside(threading.Thread):
    """A call in a thread of its own; its outcome once it is over."""

    def __init__(self, call: Any, *args: Any) -> None:
        super().__init__()
        self._call = call, args
        self.outcome: Any = None
        self.start()

    def run(self) -> None:
        call, args = self._call
        try:
            self.outcome = call(*args)
        except errors.AerospikeError as error:
            self.outcome = error

    def over(self) -> Any:
        self.join()
        return self.outcome


@pytest.mark.parametrize("function", ["forever", "large"])
def test_others_are_served(
    server: EmbeddedServer, client: Client, function: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a function runs, also for the second time, other calls are answered, and one on the same record too."""
    monkeypatch.setattr(server.node.modules, "time_limit", SHORT)
    with Client(server.address) as other:
        other.put(KEY, {"n": 1})
        for _ in range(2):
            slow = Aside(client.apply, KEY, "m", function)
            served = 0
            while slow.is_alive():
                assert other.get(KEY).bins == {"n": 1}
                served += 1
            error = slow.over()
            assert isinstance(error, errors.UDFError)
            assert (error.reason, error.in_doubt, error.key[:3]) == ("timeout", False, KEY)
            assert served > 5


def test_it_counts_for_the_record_as_it_is(server: EmbeddedServer, client: Client) -> None:
    """A record that changes meanwhile is what the function is run on once more: no write is lost."""
    with Client(server.address) as other:
        client.put(KEY, {"n": 1})
        slow = Aside(client.apply, KEY, "m", "add", [100], PATIENT)
        time.sleep(0.03)
        other.put(KEY, {"n": 5})
        assert slow.over() == 105
        several = [Aside(each.apply, KEY, "m", "add", [1], PATIENT) for each in (client, other)]
        assert sorted(each.over() for each in several) == [106, 107]
        assert client.get(KEY).bins == {"n": 107}


def test_failures_and_results(client: Client) -> None:
    """They are the same as those of a quick function."""
    assert client.apply(KEY, "m", "nap") == "awake"
    with pytest.raises(errors.UDFError) as caught:
        client.apply(KEY, "m", "fail")
    assert (caught.value.reason, caught.value.lua_line, caught.value.lua_message) == ("runtime_error", 12, "tired")
    with pytest.raises(errors.RecordNotFound):
        client.get(KEY)


def test_batches_and_jobs(client: Client) -> None:
    """Each row, also several of one record, and each record of a job, once."""
    rows = client.batch_apply([KEY] * 3, "m", "add", [1], PATIENT)
    assert sorted(row.record.bins["SUCCESS"] for row in rows) == [1, 2, 3]
    client.remove(KEY)
    keys = [("test", "slow", number) for number in range(5)]
    rows = client.batch_apply(keys, "m", "add", [1], PATIENT)
    assert [row.result for row in rows] == [0] * 5
    query = client.query("test", "slow")
    query.apply("m", "add", [10])
    query.execute_background().wait()
    assert [client.get(key).bins for key in keys] == [{"n": 11}] * 5


def test_lost_answer(server: EmbeddedServer, client: Client) -> None:
    """A fault that takes the answer away lets the function come to its end first."""
    server.faults.on("apply").once().close(after=True)
    with pytest.raises(errors.ConnectionError) as caught:
        client.apply(KEY, "m", "add", [3], PATIENT)
    assert caught.value.in_doubt
    assert client.get(KEY).bins == {"n": 3}


def test_in_a_cluster() -> None:
    """The node that has the record runs it; its copies follow."""
    with EmbeddedCluster(2) as cluster, Client(cluster.seeds) as client:
        client.udf_put("m.lua", source=SOURCE)
        keys = [("test", "slow", number) for number in range(6)]
        assert [client.apply(key, "m", "add", [1]) for key in keys] == [1] * 6
        assert [client.get(key).bins for key in keys] == [{"n": 1}] * 6


def test_module_whose_text_takes_long(server: EmbeddedServer, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that comes to its end is registered, one that does not is refused; others are served meanwhile."""
    monkeypatch.setattr(server.node.modules, "time_limit", SHORT)
    with Client(server.address) as other:
        other.put(KEY, {"n": 1})
        slow = Aside(lambda: client.udf_put("endless.lua", source="while true do end"))
        while slow.is_alive():
            other.get(KEY)
        assert isinstance(slow.over(), errors.UDFError)
        monkeypatch.undo()
        text = "local stop = os.clock() + 0.04 while os.clock() < stop do end function f(rec) return 7 end"
        client.udf_put("late.lua", source=text)
        assert client.apply(KEY, "late", "f") == 7
        assert [row["name"] for row in client.udf_list()] == ["late.lua", "m.lua"]
        client.udf_remove("late.lua")


def test_transaction() -> None:
    """A function of a transaction may take its time as well."""
    with (
        EmbeddedServer(namespaces=["test,strong-consistency=on"], enterprise=True) as server,
        Client(server.address) as client,
    ):
        client.udf_put("m.lua", source=SOURCE)
        with client.transaction() as transaction:
            assert client.apply(KEY, "m", "add", [2], {"txn": transaction}) == 2
        assert client.get(KEY).bins == {"n": 2}
