"""Policies: the official names and defaults, checked when they are given."""

from __future__ import annotations

import pickle
from typing import Any

import attrs
import pytest
from cases import for_each

from aerospike_wire import policy
from aerospike_wire.errors import ParamError
from aerospike_wire.policy import Policies, Policy, ReadPolicy, WritePolicy

CLASSES: list[type[Policy]] = [
    policy.ReadPolicy, policy.WritePolicy, policy.OperatePolicy, policy.RemovePolicy, policy.ApplyPolicy,
    policy.BatchPolicy, policy.QueryPolicy, policy.InfoPolicy, policy.AdminPolicy,
]  # fmt: skip


@for_each(
    ("cls", "expected"),
    [
        (policy.ReadPolicy, {"socket_timeout": 30000, "total_timeout": 1000, "max_retries": 2}),
        (policy.WritePolicy, {"socket_timeout": 30000, "total_timeout": 1000, "max_retries": 0}),
        (policy.OperatePolicy, {"total_timeout": 1000, "max_retries": 0}),
        (policy.RemovePolicy, {"total_timeout": 1000, "max_retries": 0}),
        (policy.ApplyPolicy, {"total_timeout": 1000, "max_retries": 0}),
        (policy.BatchPolicy, {"total_timeout": 1000, "max_retries": 2}),
        (policy.QueryPolicy, {"socket_timeout": 30000, "total_timeout": 0, "max_retries": 5}),
    ],
)
def test_defaults_are_the_official_ones(cls: type[Policy], expected: dict[str, int]) -> None:
    """Timeouts and retries that nobody set are those of the official client."""
    made = cls()
    assert {name: getattr(made, name) for name in expected} == expected
    assert made.sleep_between_retries == 0


def test_choices_by_default() -> None:
    """What nobody chose is the harmless first choice, and reads and writes go by sequence."""
    read, write = ReadPolicy(), WritePolicy()
    assert (read.key, read.replica, read.read_mode_ap, read.read_mode_sc) == (0, 2, 0, 0)
    assert (write.gen, write.exists, write.commit_level, write.durable_delete, write.ttl) == (0, 0, 0, False, 0)


@for_each("cls", CLASSES)
def test_unknown_names_are_refused(cls: type[Policy]) -> None:
    """A name that the kind does not have is refused, and the known ones are listed."""
    with pytest.raises(ParamError, match=r"policy timeouts is not known.*total_timeout") as caught:
        cls.of({"timeouts": 1})
    assert caught.value.argument == "timeouts"


@for_each("cls", CLASSES)
@for_each("name", ["socket_timeout", "total_timeout", "max_retries", "sleep_between_retries"])
@for_each("value", [-1, 2**31, 1.5, "1", None, True])
def test_numbers_are_checked(cls: type[Policy], name: str, value: Any) -> None:
    """A number out of range or of another type is refused by its name, in a dict and in the constructor."""
    for make in (lambda: cls.of({name: value}), lambda: cls(**{name: value})):
        with pytest.raises(ParamError) as caught:
            make()
        assert caught.value.argument == name
        assert isinstance(caught.value, ValueError)


@for_each(
    ("name", "value"),
    [("exists", 5), ("exists", -1), ("gen", 3), ("gen", True), ("gen", "EQ"), ("key", 2), ("commit_level", 2),
     ("replica", 9), ("replica", None), ("durable_delete", 1), ("durable_delete", "yes"), ("ttl", -3), ("ttl", 2**32),
     ("expressions", "x"), ("expressions", [1])],
)  # fmt: skip
def test_choices_are_checked(name: str, value: Any) -> None:
    """What is not one of the choices is refused by its name."""
    with pytest.raises(ParamError) as caught:
        WritePolicy.of({name: value})
    assert caught.value.argument == name


def test_choices_are_taken_by_number_or_member() -> None:
    """The official client's numbers and the members of the enums mean the same."""
    assert WritePolicy.of({"exists": 1}) == WritePolicy(exists=policy.Exists.CREATE)
    assert WritePolicy.of({"exists": 1}).exists is policy.Exists.CREATE


@for_each("given", [5, "read", [("total_timeout", 1)], WritePolicy(), object()])
def test_other_things_are_no_policies(given: Any) -> None:
    """A policy is an object of its class or a dict."""
    with pytest.raises(ParamError, match="must be a ReadPolicy or a dict") as caught:
        ReadPolicy.of(given)
    assert caught.value.argument == "policy"


def test_a_dict_changes_the_default() -> None:
    """A dict of a call goes on top of the client's default, an object replaces it."""
    policies = Policies({"read": {"total_timeout": 7, "max_retries": 1}})
    assert policies.resolve(ReadPolicy, {"max_retries": 5}) == ReadPolicy(total_timeout=7, max_retries=5)
    assert policies.resolve(ReadPolicy, ReadPolicy(max_retries=5)) == ReadPolicy(max_retries=5)
    assert policies.resolve(ReadPolicy, None) == ReadPolicy(total_timeout=7, max_retries=1)
    assert policies.resolve(ReadPolicy, {}) == ReadPolicy(total_timeout=7, max_retries=1)


def test_names_for_all_kinds() -> None:
    """A name beside the kinds holds for all kinds that have it, and a kind's own entry wins."""
    policies = Policies({"total_timeout": 50, "exists": 1, "read": {"total_timeout": 60}})
    assert policies.resolve(ReadPolicy, None).total_timeout == 60
    assert policies.resolve(WritePolicy, None).total_timeout == 50
    assert policies.resolve(WritePolicy, None).exists is policy.Exists.CREATE
    assert policies.resolve(policy.AdminPolicy, None).total_timeout == 50


def test_query_and_scan_are_one_kind() -> None:
    """Queries take the defaults of ``query``."""
    assert Policies({"query": {"max_records": 3}}).resolve(policy.QueryPolicy, None).max_records == 3


@for_each(("given", "argument"), [(5, "policies"), ({"reed": {}}, "reed"), ({"read": 5}, "policy"),
                                                  ({"read": {"x": 1}}, "x"), ({"total_timeout": -1}, "total_timeout")])  # fmt: skip
def test_bad_defaults(given: Any, argument: str) -> None:
    """Defaults that cannot be are refused by name."""
    with pytest.raises(ParamError) as caught:
        Policies(given)
    assert caught.value.argument == argument


@for_each("cls", CLASSES)
def test_policies_are_frozen_values(cls: type[Policy]) -> None:
    """Policies can be compared, hashed, pickled and not changed."""
    made = cls(total_timeout=5)
    assert made == cls(total_timeout=5)
    assert hash(made) == hash(cls(total_timeout=5))
    assert made != cls()
    assert pickle.loads(pickle.dumps(made)) == made
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        made.total_timeout = 1  # type: ignore[misc]
    assert attrs.evolve(made, total_timeout=6).total_timeout == 6


@for_each("cls", CLASSES)
def test_policies_are_documented(cls: type[Policy]) -> None:
    """Each kind says which methods it is for."""
    assert cls.__doc__
    assert cls.__doc__ != Policy.__doc__
