"""The settings of a client, in all forms in which they can be given."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from cases import for_each

from aerospike_wire import Client
from aerospike_wire.config import AuthMode, Seed, parse_config
from aerospike_wire.errors import ParamError
from aerospike_wire.policy import ReadPolicy
from aerospike_wire.secret import concealed, revealed


@for_each(
    ("hosts", "seeds"),
    [
        ("h", [("h", 3000, None)]),
        ("h:3100", [("h", 3100, None)]),
        (" h:3100 ", [("h", 3100, None)]),
        ("h:name:3100", [("h", 3100, "name")]),
        ("h:3100,i:3200", [("h", 3100, None), ("i", 3200, None)]),
        ("h, i", [("h", 3000, None), ("i", 3000, None)]),
        ("[::1]:3100", [("::1", 3100, None)]),
        ("[::1]", [("::1", 3000, None)]),
        ("::1", [("::1", 3000, None)]),
        ("fe80::1", [("fe80::1", 3000, None)]),
        ("2001:db8:0:0:0:0:0:1", [("2001:db8:0:0:0:0:0:1", 3000, None)]),
        (("h", 3100), [("h", 3100, None)]),
        (["h:3100", ("i", 3200)], [("h", 3100, None), ("i", 3200, None)]),
        ([("h", 3100, "name")], [("h", 3100, "name")]),
        ([("h",)], [("h", 3000, None)]),
        ([["h", 3100]], [("h", 3100, None)]),
        ((("h", 3100),), [("h", 3100, None)]),
        ({"hosts": [("h", 3100)]}, [("h", 3100, None)]),
        ({"hosts": "h:3100"}, [("h", 3100, None)]),
    ],
)
def test_hosts(hosts: Any, seeds: list[Any]) -> None:
    """Every documented form of hosts gives the same seeds."""
    assert list(parse_config(hosts).seeds) == seeds


@for_each(
    "hosts",
    ["", " ", ":3000", "h:x", "h:0", "h:65536", "h:-1", "h:99999999999", "h:" + "9" * 5000, "h:³", "[::1", "[::1]3000",
     "h,,i", "h:1.5", [], (), [()], [("h", 0)], [("h", 65536)], [("h", True)], [("h", "3000")], [("", 3000)],
     [("h", 3000, 5)], [("h", 3000, None, 1)], [5], [None], None, 5, 1.5, b"h", {"h": 3000}.items(), ("h", False)],
)  # fmt: skip
def test_bad_hosts(hosts: Any) -> None:
    """Hosts that name no address are refused as ``hosts``."""
    with pytest.raises(ParamError) as caught:
        parse_config(hosts)
    assert caught.value.argument == "hosts"
    assert str(caught.value).startswith("ParamError (-2): hosts ")


def test_a_dict_without_hosts() -> None:
    """A configuration dict must have hosts."""
    with pytest.raises(ParamError, match="hosts is missing"):
        parse_config({"user": "u"})


def test_settings_go_on_top_of_the_dict() -> None:
    """Keywords win over entries of the dict, and the dict is not changed."""
    given = {"hosts": "h", "tend_interval": 500, "connect_timeout": 100, "cluster_name": "c"}
    before = dict(given)
    config = parse_config(given, tend_interval=700)
    assert (config.tend_interval, config.connect_timeout, config.cluster_name) == (700, 100, "c")
    assert given == before


def test_all_settings() -> None:
    """Each setting arrives where it belongs."""
    config = parse_config(
        "h", user="u", password="p", auth_mode=2, app_id="app", login_timeout=1, max_error_rate=0, error_rate_window=3,
        use_services_alternate=True, max_conns_per_node=7, pipelines_per_node=2, max_socket_idle=20,
        policies={"read": {"total_timeout": 5}}, error_detail="digest", error_hooks=[{2: KeyError}],
    )  # fmt: skip
    assert config.password is not None
    assert (config.user, config.password.reveal(), config.auth_mode) == ("u", "p", AuthMode.EXTERNAL_INSECURE)
    assert "password=Secret(...)" in repr(config)
    assert (config.app_id, config.login_timeout, config.max_error_rate, config.error_rate_window) == ("app", 1, 0, 3)
    assert config.use_services_alternate
    assert (config.pool.maximum, config.pool.pipelines, config.pool.idle) == (7, 2, 20.0)
    assert config.policies.resolve(ReadPolicy, None).total_timeout == 5
    assert config.errors.error_detail == "digest"
    assert len(config.errors.hooks) == 1


@for_each(
    ("settings", "argument"),
    [
        ({"connect_timeout": 0}, "connect_timeout"),
        ({"connect_timeout": True}, "connect_timeout"),
        ({"login_timeout": "5"}, "login_timeout"),
        ({"tend_interval": -1}, "tend_interval"),
        ({"max_error_rate": -1}, "max_error_rate"),
        ({"error_rate_window": 0}, "error_rate_window"),
        ({"max_conns_per_node": 0}, "max_conns_per_node"),
        ({"pipelines_per_node": 0}, "pipelines_per_node"),
        ({"max_socket_idle": -1}, "max_socket_idle"),
        ({"use_services_alternate": 1}, "use_services_alternate"),
        ({"user": b"u"}, "user"),
        ({"user": "u" * 64}, "user"),
        ({"user": "u", "password": b"p"}, "password"),
        ({"user": "u", "password": "p" * 64}, "password"),
        ({"user": "u", "password": "ä" * 32}, "password"),
        ({"password": "p"}, "user"),
        ({"cluster_name": 5}, "cluster_name"),
        ({"app_id": 5}, "app_id"),
        ({"auth_mode": "internal"}, "auth_mode"),
        ({"policies": []}, "policies"),
        ({"error_detail": ""}, "error_detail"),
        ({"error_hooks": 5}, "error_hooks"),
        ({"timeout": 5}, "timeout"),
        ({"max_threads": 5}, "max_threads"),
        ({"min_conns_per_node": -1}, "min_conns_per_node"),
        ({"min_conns_per_node": 3, "max_conns_per_node": 2}, "min_conns_per_node"),
        ({"pipelines_per_node": 3, "max_conns_per_node": 2}, "pipelines_per_node"),
        ({"user": "u", "password": "p", "auth_mode": 1}, "auth_mode"),
        ({"auth_mode": 3}, "auth_mode"),
        ({"auth_mode": 3, "tls": True}, "auth_mode"),
        ({"rack_id": 3}, "rack_aware"),
        ({"rack_ids": [3]}, "rack_aware"),
        ({"rack_aware": True, "rack_id": 3, "rack_ids": [1, 2]}, "rack_id"),
        ({"rack_aware": True, "rack_ids": "12"}, "rack_ids"),
        ({"rack_aware": True, "rack_ids": [-1]}, "rack_ids"),
        ({"ip_map": [("a", "b")]}, "ip_map"),
        ({"ip_map": {"a": 5}}, "ip_map"),
        ({"tend_thread": 1}, "tend_thread"),
        ({"wait_for_connection": 1}, "wait_for_connection"),
        ({"fail_if_not_connected": 0}, "fail_if_not_connected"),
    ],
)
def test_bad_settings(settings: dict[str, Any], argument: str) -> None:
    """A setting that is unknown or not acceptable is refused by its name, as keyword and in the dict."""
    for parse in (lambda: parse_config("h", **settings), lambda: parse_config({"hosts": "h", **settings})):
        with pytest.raises(ParamError) as caught:
            parse()
        assert caught.value.argument == argument
        assert argument in str(caught.value)


def test_an_unknown_setting_lists_the_known_ones() -> None:
    """Whoever misspells a setting is shown the right spelling."""
    with pytest.raises(ParamError, match=r"conect_timeout is not a setting; .*connect_timeout"):
        parse_config("h", conect_timeout=5)


def test_passwords_do_not_show() -> None:
    """The configuration and the client can be printed without giving the password away."""
    config = parse_config("h", user="u", password="s3cret")
    assert "s3cret" not in repr(config)
    assert "s3cret" not in repr(Client("h", user="u", password="s3cret"))


def test_seeds_read_like_addresses() -> None:
    """A seed prints as it is written, an IPv6 address in brackets."""
    assert str(Seed("h", 3000)) == "h:3000"
    assert str(Seed("::1", 3000)) == "[::1]:3000"


def test_secrets_are_those_of_logins_and_keys() -> None:
    """Passwords go out of sight at once, whatever they are called; other settings stay what they are."""
    given = {
        "password": "word",
        "passwd": "word",
        "tls": {"keyfile_pw": "word"},
        "ip_map": {"bypass": "10.0.0.1"},
        5: 6,
    }
    found = concealed(given)
    assert "word" not in repr(found).replace("password", "").replace("passwd", "")
    assert found["ip_map"] is given["ip_map"]
    assert revealed(found["tls"]["keyfile_pw"]) == "word"
    with pytest.raises(TypeError):
        pickle.dumps(found["password"])
