"""Addresses in info replies, found and replaced."""

from __future__ import annotations

from cases import for_each

from aerospike_wire.embedded.proxy.addresses import parse, rewritten, tells_addresses

OWN = ("127.0.0.1", 9000)


async def locate(name, addresses):
    """Stand for every node on the port of its first address and 6000 more."""
    host, port = addresses[0]
    return ("::1" if ":" in host else "127.0.0.1"), port + 6000


@for_each(
    ("command", "value", "expected"),
    [
        ("service-clear-std", "10.0.0.1:3000,10.1.0.1:3000", "127.0.0.1:9000"),
        ("service", "10.0.0.1:3000", "127.0.0.1:9000"),
        ("service-clear-alt", "", ""),
        ("service-tls-std", "ERROR:25:enterprise only", "ERROR:25:enterprise only"),
        ("services", "10.0.0.2:3000;10.0.0.3:3001", "127.0.0.1:9000;127.0.0.1:9001"),
        ("peers-clear-std", "4,3000,[]", "4,3000,[]"),
        (
            "peers-clear-std",
            "4,3000,[[B2,,[127.0.0.1:4310]],[B3,,[10.0.0.7,10.1.0.7:4444]]]",
            "4,3000,[[B2,,[127.0.0.1:10310]],[B3,,[127.0.0.1:9000]]]",
        ),
        ("peers-tls-std", "12,4333,[[A1,clusternode,[h.test]]]", "12,4333,[[A1,clusternode,[127.0.0.1:10333]]]"),
        ("peers-clear-alt", "6,3000,[[B7,,[[2001::7]:3100]]]", "6,3000,[[B7,,[[::1]:9100]]]"),
        ("peers-clear-std:generation=4", "5,3000,[[B3,,]]", "5,3000,[[B3,,]]"),
        ("alumni-clear-std", "5,3000,[[B3,,[[fe80::1]]]]", "5,3000,[[B3,,[[::1]:9000]]]"),
        ("peers-clear-std", "nonsense", "nonsense"),
        ("build", "8.1.2.0", "8.1.2.0"),
    ],
)
async def test_rewriting(command: str, value: str, expected: str) -> None:
    assert await rewritten(command, value, OWN, locate) == expected


@for_each(
    ("text", "expected"),
    [
        ("a.test", ("a.test", 3000)),
        ("1.2.3.4:5", ("1.2.3.4", 5)),
        ("[::1]:5", ("::1", 5)),
        ("[::1]", ("::1", 3000)),
        ("", None),
        (":1", None),
        ("a:0", None),
        ("a:99999", None),
        ("a:b", None),
        ("a,b", None),
    ],
)
def test_parsing(text: str, expected: tuple[str, int] | None) -> None:
    assert parse(text) == expected


def test_which_commands_tell_addresses() -> None:
    assert tells_addresses("peers-clear-std:generation=1")
    assert tells_addresses("services-alumni")
    assert not tells_addresses("servicesx")
    assert not tells_addresses("partition-generation")
