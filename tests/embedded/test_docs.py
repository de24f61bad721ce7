"""The page on testing, carried out."""

from __future__ import annotations

import re

from cases import for_each
from pages import DOCS, blocks, run

from aerospike_wire.embedded import sentences

PAGE = (DOCS / "testing.md").read_text(encoding="utf-8")


def test_programs_of_the_page_run() -> None:
    """One after the other, as a reader would."""
    run("testing.md", {})
    assert len(blocks("testing.md")) >= 6


def test_methods_of_the_tables_exist() -> None:
    from aerospike_wire.embedded import ClusterNode, EmbeddedCluster, Network

    owners = {"node": ClusterNode, "cluster": EmbeddedCluster}
    named = re.findall(r"`(?:await )?(node|cluster)\.(\w+)\(", PAGE)
    assert len(named) > 10
    for owner, name in named:
        assert hasattr(owners[owner], name), name
    conditions = re.findall(r"^\| `(\w+)\(", PAGE[PAGE.index("## In front of a real node") :], re.MULTILINE)
    assert len(conditions) == 7
    for name in conditions:
        assert hasattr(Network, name), name


@for_each("sentence", re.findall(r"--fault '([^']*)'|`((?:get|client) [^`]*)`", PAGE))
def test_sentences_of_the_page_are_understood(sentence: tuple[str, str]) -> None:
    from aerospike_wire.embedded import Faults, Network

    text = "".join(sentence)
    if sentences.is_network(text):
        sentences.add_condition(Network(), text)
    else:
        sentences.add_fault(Faults(), text)
