"""The fixtures that the package gives to other test suites."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.long
pytest_plugins = ["pytester"]
LOAD = ("--disable-plugin-autoload", "-p", "aerospike_wire.pytest_plugin", "-p", "no:cacheprovider")


def test_a_suite_gets_a_node_and_a_client(pytester: pytest.Pytester) -> None:
    """Each test has an empty node, can ask it for failures, and sees typed errors."""
    pytester.makepyfile("""
        import pytest
        from aerospike_wire import ResultCode, errors

        KEY = ("test", "users", 1)

        @pytest.mark.parametrize("turn", [1, 2])
        def test_empty(aerospike_client, turn):
            assert aerospike_client.get(KEY, default=None) is None
            aerospike_client.put(KEY, {"a": 1})

        def test_failure(aerospike_server, aerospike_client):
            aerospike_server.faults.on("put").answer(ResultCode.DEVICE_OVERLOAD)
            with pytest.raises(errors.DeviceOverload):
                aerospike_client.put(KEY, {"a": 1})
    """)
    pytester.runpytest_subprocess(*LOAD).assert_outcomes(passed=3)


def test_namespaces_come_from_the_configuration(pytester: pytest.Pytester) -> None:
    """A namespace may refuse TTLs, as in the configuration of the program's own cluster."""
    pytester.makeini("[pytest]\naerospike_namespaces = users 'cache,ttl=off'\n")
    pytester.makepyfile("""
        import pytest
        from aerospike_wire import errors

        def test_both(aerospike_client):
            aerospike_client.put(("users", None, 1), {"a": 1}, {"ttl": 60})
            with pytest.raises(errors.ForbiddenError):
                aerospike_client.put(("cache", None, 1), {"a": 1}, {"ttl": 60})
            with pytest.raises(errors.NamespaceNotFound):
                aerospike_client.get(("test", None, 1))
    """)
    pytester.runpytest_subprocess(*LOAD).assert_outcomes(passed=1)


def test_a_suite_gets_a_cluster(pytester: pytest.Pytester) -> None:
    """As many nodes as the configuration says; one may die, and the records live on."""
    pytester.makeini("[pytest]\naerospike_cluster_nodes = 4\naerospike_namespaces = users\n")
    pytester.makepyfile("""
        def test_cluster(aerospike_cluster, aerospike_cluster_client):
            key = ("users", None, 1)
            aerospike_cluster_client.put(key, {"a": 1})
            assert len(aerospike_cluster.nodes) == 4
            aerospike_cluster.nodes[2].kill()
            aerospike_cluster.wait_until_stable()
            assert aerospike_cluster_client.get(key, {"max_retries": 3}).bins == {"a": 1}
    """)
    pytester.runpytest_subprocess(*LOAD).assert_outcomes(passed=1)
