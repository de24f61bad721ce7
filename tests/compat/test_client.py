"""What the façade's client does besides giving the official client's results."""

from __future__ import annotations

import contextlib
import gc
import json
import logging
import re
from typing import TYPE_CHECKING, Any

import pytest
from cases import for_each

import aerospike_wire.compat as aerospike
from aerospike_wire import errors
from aerospike_wire.compat.helpers import expressions as exp
from aerospike_wire.compat.helpers import metrics
from aerospike_wire.compat.helpers.batch import records as batch
from aerospike_wire.compat.helpers.operations import list_operations, operations
from aerospike_wire.transport.blocking import run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from aerospike_wire.embedded import EmbeddedServer

KEY = ("test", "compat", "k")


@pytest.fixture(autouse=True)
def _clean_node(node: EmbeddedServer, client: aerospike.Client) -> Iterator[None]:
    with contextlib.suppress(errors.RecordNotFound):
        client.remove(KEY)
    yield
    node.faults.clear()


# Serializers


def test_objects_are_refused_without_a_serializer(client: aerospike.Client) -> None:
    """Nothing is pickled, nothing is guessed."""
    with pytest.raises(errors.ParamError, match="tuple"):
        client.put(KEY, {"a": (1, 2)})


def test_serializer_of_the_module_is_for_puts_that_ask(client: aerospike.Client) -> None:
    """It makes a blob, and the deserializer makes the object again."""
    aerospike.set_serializer(json.dumps)
    with pytest.raises(errors.ParamError):
        client.put(KEY, {"a": (1, 2)})
    client.put(KEY, {"a": (1, 2), "b": {"c": [(3,)]}}, serializer=aerospike.SERIALIZER_USER)
    assert client.get(KEY)[2] == {"a": b"[1, 2]", "b": {"c": [b"[3]"]}}
    aerospike.set_deserializer(json.loads)
    assert client.get(KEY)[2] == {"a": [1, 2], "b": {"c": [[3]]}}


def test_serializer_of_a_client(config: dict[str, Any]) -> None:
    """It is asked for every value, also in operations and expressions, unless a put says no."""
    client = aerospike.client({**config, "serialization": (json.dumps, json.loads)})
    client.put(KEY, {"a": (1, 2)})
    client.operate(KEY, [operations.write("b", (3,))])
    assert client.get(KEY)[2] == {"a": [1, 2], "b": [3]}
    assert client.get(KEY, {"expressions": exp.Eq(exp.BlobBin("a"), (1, 2)).compile()})[1] is not None
    with pytest.raises(errors.ParamError):
        client.put(KEY, {"a": (1, 2)}, serializer=aerospike.SERIALIZER_NONE)
    client.close()


def test_a_serializer_that_fails_is_the_cause(client: aerospike.Client) -> None:
    """What it raised is not lost."""
    aerospike.set_serializer(lambda value: 1 / 0)
    with pytest.raises(
        errors.ClientError, match="bin 'a' holds a value of type tuple for which the serializer failed with Zero"
    ) as caught:
        client.put(KEY, {"a": (1,)}, serializer=aerospike.SERIALIZER_USER)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_a_blob_that_the_deserializer_does_not_take_stays_one(client: aerospike.Client) -> None:
    """Reading never fails because of it."""
    client.put(KEY, {"a": b"\xff", "b": b"[1]"})
    aerospike.set_deserializer(json.loads)
    assert client.get(KEY)[2] == {"a": b"\xff", "b": [1]}


def test_bools_as_integers(config: dict[str, Any], client: aerospike.Client) -> None:
    """For programs that were written before servers knew bools."""
    old = aerospike.client({**config, "send_bool_as": aerospike.INTEGER})
    old.put(KEY, {"a": True, "l": [False, {"m": True}]})
    old.close()
    bins = client.get(KEY)[2]
    assert bins == {"a": 1, "l": [0, {"m": 1}]}
    assert type(bins["a"]) is int


# Policies


def test_unknown_names_are_passed_over_or_refused(config: dict[str, Any], client: aerospike.Client) -> None:
    """As the configuration says; of operations, too."""
    client.put(KEY, {"a": 1}, {"ttl": 100, "nonsense": 1}, {"nonsense": 1})
    append = list_operations.list_append("l", 1, {"nonsense": 1})
    client.operate(KEY, [append])
    strict = aerospike.client({**config, "validate_keys": True})
    for call in (
        lambda: strict.get(KEY, {"nonsense": 1}),
        lambda: strict.operate(KEY, [append]),
        lambda: strict.scan("test", "compat").results({"nonsense": 1}),
        lambda: strict.batch_remove([KEY], policy_batch_remove={"nonsense": 1}),
    ):
        with pytest.raises(errors.ParamError, match='"nonsense" is an invalid policy dictionary key'):
            call()
    with pytest.raises(errors.ParamError, match="record metadata"):
        strict.put(KEY, {"a": 1}, {"nonsense": 1})
    strict.close()


def test_policies_of_the_configuration(config: dict[str, Any]) -> None:
    """Those for rows of batches are their own, and what stands for all kinds holds for all."""
    client = aerospike.client({
        **config,
        "policies": {"write": {"ttl": 5000}, "batch_write": {"ttl": 9000}, "key": aerospike.POLICY_KEY_SEND},
    })  # fmt: skip
    client.put(KEY, {"a": 1})
    key, meta, _ = client.get(KEY)
    assert meta is not None
    assert 4000 < meta["ttl"] <= 5000
    assert key[2] == "k"
    client.batch_operate([KEY], [operations.write("a", 2)])
    assert 8000 < client.get(KEY)[1]["ttl"] <= 9000  # type: ignore[index]
    assert client.get_policies()["write"]["ttl"] == 5000
    client.close()


def test_settings_without_a_use_here_are_known(config: dict[str, Any]) -> None:
    """They are no mistakes, also where names are checked; those inside them are checked too."""
    shm = {"shm_key": 5, "max_nodes": 3, "shm_max_nodes": 3, "max_namespaces": 2, "takeover_threshold_sec": 1}
    idle = {"shm": shm, "lua": {"user_path": "/tmp"}, "thread_pool_size": 3, "use_shared_connection": False}
    client = aerospike.client({**config, **idle, "validate_keys": True})
    assert client.shm_key() == 5
    client.close()
    with pytest.raises(errors.ParamError, match='"nodes" is an invalid client config dictionary key'):
        aerospike.client({**config, "shm": {"nodes": 3}, "validate_keys": True})


@pytest.mark.parametrize(
    ("setting", "feature"),
    [
        ({"config_provider": aerospike.ConfigProvider("a.yml")}, "config_provider"),
        ({"force_single_node": True}, "force_single_node"),
    ],
)
def test_what_is_not_supported_says_so(setting: dict[str, Any], feature: str, config: dict[str, Any]) -> None:
    """By its name, and with what to do instead."""
    with pytest.raises(errors.ClientError, match=f"{feature} is not supported by aerospike_wire: "):
        aerospike.client({**config, **setting})


def test_a_file_of_settings_is_not_passed_over(config: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor is the variable of the environment that names one."""
    monkeypatch.setenv("AEROSPIKE_CLIENT_CONFIG_URL", "file:///etc/aerospike.yml")
    with pytest.raises(
        errors.ClientError, match="AEROSPIKE_CLIENT_CONFIG_URL is not supported by aerospike_wire: unset"
    ):
        aerospike.client(config)


# Errors


def test_errors_are_this_clients(client: aerospike.Client) -> None:
    """With the request's facts, and the official five in args."""
    with pytest.raises(aerospike.exception.RecordNotFound) as caught:
        client.get(("test", "compat", "nobody"))
    error = caught.value
    assert error.args[0] == 2
    assert error.key == ("test", "compat", "nobody", aerospike.calc_digest("test", "compat", "nobody"))
    assert error.file == __file__
    assert error.node is not None
    assert len(error.attempts) == 1


@pytest.mark.parametrize("tls", [{"cafile": "/no/such.pem"}, {"protocols": "-all +xyz"}, {"cipher_suite": "nonsense"}])
def test_mistakes_in_tls_settings_have_the_official_class(tls: dict[str, Any], config: dict[str, Any]) -> None:
    """TLSError, and as its cause the ParamError that names the setting."""
    with pytest.raises(errors.TLSError, match=next(iter(tls))) as caught:
        aerospike.client({**config, "tls": {"enable": True, **tls}})
    assert isinstance(caught.value.__cause__, errors.ParamError)


def test_hooks_of_the_configuration(config: dict[str, Any]) -> None:
    """A program keeps its calls and gains its own exceptions."""

    class Unknown(Exception):
        """The program's own."""

    client = aerospike.client({**config, "error_hooks": [{2: Unknown}]})
    with pytest.raises(Unknown):
        client.get(("test", "compat", "nobody"))
    client.close()


def test_mistakes_in_expressions_have_the_servers_class(client: aerospike.Client) -> None:
    """They are found before anything is sent, and raised as what the official client's programs catch."""
    client.put(KEY, {"a": 1})
    expression = (exp.IntBin("a") + "text").compile()
    with pytest.raises(errors.InvalidRequest) as caught:
        client.get(KEY, {"expressions": exp.Eq(expression, 1).compile()})
    assert isinstance(caught.value.__cause__, errors.ParamError)


def test_expressions_are_joined_as_the_official_client_does(client: aerospike.Client) -> None:
    """On both sides, whatever the parentheses say: the bytes are the same."""
    a, b, c = exp.IntBin("a"), exp.IntBin("b"), exp.IntBin("c")
    assert (a / exp.Div(b, c)).compile().compiled == exp.Div(a, b, c).compile().compiled
    assert (a + b + c).compile().compiled == exp.Add(a, b, c).compile().compiled
    assert (a // b).compile().compiled == exp.Floor(exp.Div(a, b)).compile().compiled


def test_expressions_are_packed_once_unless_they_can_change() -> None:
    """A list in one is read at each use, as there."""
    fixed = exp.And(exp.GT(exp.IntBin("a"), 1), exp.Eq(exp.StrBin("s"), "x")).compile()
    assert fixed.compiled is fixed.compiled
    values = [1]
    changing = exp.And(exp.Eq(exp.ListBin("l"), values), exp.Eq(exp.IntBin("a"), 1)).compile()
    before = changing.compiled
    values.append(2)
    assert changing.compiled == exp.And(exp.Eq(exp.ListBin("l"), [1, 2]), exp.Eq(exp.IntBin("a"), 1)).compile().compiled
    assert changing.compiled != before


@for_each(
    ("args", "kwargs"),
    [((), {}), (("l",), {}), (("l", 1, None, None, 5), {}), (("l", 1), {"bin_name": "m"}), (("l", 1), {"other": 1})],
)
def test_operations_take_their_arguments_and_no_others(args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """A wrong number of arguments is a TypeError at once, as of any function."""
    with pytest.raises(TypeError, match="argument"):
        list_operations.list_append(*args, **kwargs)


def test_a_batch_that_is_refused_tells_so_by_its_result(node: EmbeddedServer, client: aerospike.Client) -> None:
    """And its rows say that they have no answer."""
    node.faults.on("batch").answer(22)
    found = client.batch_read([KEY, KEY])
    assert found.result == 22
    assert [row.result for row in found.batch_records] == [-15, -15]
    rows = batch.BatchRecords([batch.Remove(KEY), batch.Remove(KEY)])
    assert client.batch_write(rows) is rows
    assert rows.result == 22


def test_a_callback_that_raises_is_the_cause(client: aerospike.Client) -> None:
    """The official client raises ClientError, and loses what happened."""
    client.put(KEY, {"a": 1})
    with pytest.raises(errors.ClientError, match="KeyError") as caught:
        client.scan("test", "compat").foreach(lambda row: row[2]["none"])
    assert isinstance(caught.value.__cause__, KeyError)


def test_closed_clients_refuse_and_open_again(config: dict[str, Any]) -> None:
    """As the official client: ClusterError, until connect()."""
    client = aerospike.client(config)
    client.close()
    assert client.is_connected() is False
    for call in (lambda: client.get(KEY), lambda: client.query("test", "compat"), client.get_nodes, client.get_stats):
        with pytest.raises(errors.ClusterError):
            call()
    assert client.connect() is client
    assert client.put(KEY, {"a": 1}) == 0
    client.close()


def test_forgotten_clients_are_closed(config: dict[str, Any]) -> None:
    """Many programs never close; nothing stays open, and nothing warns of it."""
    client = aerospike.client(config)
    client.close()
    first = client.native
    client.connect()
    native = client.native
    assert native is not first
    assert native.is_connected()
    del client
    gc.collect()
    assert not native.is_connected()


def test_no_connection_left(config: dict[str, Any]) -> None:
    """A call that finds all connections in use fails at once, as there; unless the configuration lets it wait."""
    for more, waits in (({}, False), ({"wait_for_connection": True}, True)):
        client = aerospike.client({**config, **more, "max_conns_per_node": 1})
        client.put(KEY, {"a": 1})
        pool = next(iter(client.native._core.cluster.active())).pool
        link = run(pool.lease(None))
        with pytest.raises(errors.NoMoreConnectionsError) as caught:
            client.get(KEY, {"total_timeout": 50, "max_retries": 0})
        assert ("none became free" in str(caught.value)) is waits
        pool.give_back(link)
        client.close()


# Metrics


def test_stats_are_counted(node: EmbeddedServer, client: aerospike.Client) -> None:
    """Connections, failures and retries, in the official client's objects."""
    client.put(KEY, {"a": 1})
    before = client.get_stats()
    node.faults.on("get").answer(18)
    for _ in range(2):
        with pytest.raises(errors.DeviceOverload):
            client.get(KEY, {"max_retries": 0})
    stats = client.get_stats()
    (row,) = stats.nodes
    assert isinstance(row, metrics.NodeStats)
    assert (row.name, row.address) == (client.get_node_names()[0]["node_name"], "127.0.0.1")
    assert row.error_count - before.nodes[0].error_count == 2
    assert row.conns.opened >= row.conns.in_pool >= 1


def test_metrics_go_to_listeners(client: aerospike.Client) -> None:
    """What is measured comes with the official client's objects; what a listener raises comes out."""
    told: list[Any] = []
    listeners = metrics.MetricsListeners(
        lambda: told.append("enabled"), told.append, told.append, lambda cluster: told.append(("disabled", cluster))
    )
    client.enable_metrics(metrics.MetricsPolicy(listeners, interval=1000, latency_columns=5, labels={"a": "b"}))
    for _ in range(3):
        client.put(KEY, {"a": 1})
    client.get(KEY)
    client.disable_metrics()
    assert told[0] == "enabled"
    ((word, cluster),) = told[1:]
    assert (word, cluster.command_count) == ("disabled", 4)
    general, found = cluster.nodes[0].metrics
    assert (general.ns, found.ns, general.read_latency, found.bytes_in) == ("", "test", [0] * 5, 0)
    assert (general.error_count, found.error_count) == (client.get_stats().nodes[0].error_count, 0)
    assert (len(found.read_latency), sum(found.read_latency), sum(found.write_latency)) == (5, 1, 3)
    client.disable_metrics()
    failing = metrics.MetricsListeners(lambda: 1 / 0, told.append, told.append, told.append)  # type: ignore[arg-type, return-value]
    with pytest.raises(errors.ClientError, match="enable_listener threw a ZeroDivisionError") as caught:
        client.enable_metrics(metrics.MetricsPolicy(failing))
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_metrics_go_to_files(client: aerospike.Client, tmp_path: Path) -> None:
    """Without listeners; in the official client's format, the last snapshot too."""
    client.enable_metrics(metrics.MetricsPolicy(report_dir=str(tmp_path), labels={"a": "b"}))
    client.put(KEY, {"a": 1})
    client.disable_metrics()
    (path,) = tmp_path.glob("metrics-*.log")
    header, line = path.read_text().splitlines()
    assert "header(2) cluster[name,clientType," in header
    assert "latency(7,1)" in header
    assert re.search(r" cluster\[,python,[\w.]+,not-set,\[\[a,b\]\],\d+,0,0,1,\d+,0,\[\],\[\[", line)
    assert re.search(r"\[,0,0,0,0,0,\[conn\[[0-9,]+\]", line)
    assert re.search(r"test,0,0,0,0,0,\[conn\[[0-9,]+\],write\[[0-9,]+\],read", line)


@for_each(
    ("policy", "text"),
    [
        (1, "policy parameter must be an aerospike_helpers.MetricsPolicy type"),
        (metrics.MetricsPolicy(latency_shift=256), "MetricsPolicy.latency_shift must be a unsigned 8-bit integer type"),
        (metrics.MetricsPolicy(labels={"a": 1}), "MetricsPolicy.labels must be a dict[str, str] type"),  # type: ignore[dict-item]
        (metrics.MetricsPolicy(report_dir="." * 256), "MetricsPolicy.report_dir must be less than 256 chars"),
    ],
)
def test_metrics_policies_are_checked(policy: Any, text: str, client: aerospike.Client) -> None:
    """With the official texts."""
    with pytest.raises(errors.ParamError) as caught:
        client.enable_metrics(policy)
    assert caught.value.msg == text


# Logs


def test_log_handler_gets_what_is_logged() -> None:
    """Level, function, path, line, message; no more than the level says, and nothing once it is unset."""
    found: list[tuple[Any, ...]] = []
    aerospike.set_log_handler(lambda *row: found.append(row))
    aerospike.set_log_level(aerospike.LOG_LEVEL_WARN)
    log = logging.getLogger("aerospike_wire.test")
    log.warning("to be %s", "seen")
    log.info("not to be seen")
    aerospike.set_log_handler(None)
    log.warning("after the handler")
    ((level, function, path, line, message),) = found
    assert (level, function, path, message) == (
        aerospike.LOG_LEVEL_WARN, "test_log_handler_gets_what_is_logged", __file__, "to be seen",
    )  # fmt: skip
    assert line > 0
    aerospike.set_log_level(aerospike.LOG_LEVEL_ERROR)


# Transactions


def test_transactions_are_taken(client: aerospike.Client) -> None:
    """A policy takes one of the façade's, and nothing else; this node has none to give."""
    transaction = aerospike.Transaction()
    with pytest.raises(errors.AerospikeError):
        client.put(KEY, {"a": 1}, policy={"txn": transaction})
    with pytest.raises(errors.ParamError, match="txn is not of type"):
        client.get(KEY, {"txn": True})
    with pytest.raises(TypeError):
        client.commit("transaction")
