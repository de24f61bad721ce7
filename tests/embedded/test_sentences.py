"""Faults in words."""

from __future__ import annotations

import pytest
from cases import for_each

from aerospike_wire.embedded import Faults, Network
from aerospike_wire.embedded.sentences import add_condition, add_fault, is_network


@for_each(
    ("sentence", "rule"),
    [
        ("put answer 18", "<on put: answer 18 (DEVICE_OVERLOAD); 0 hits>"),
        ("put answer device-overload 'not now'", "<on put: answer 18 (DEVICE_OVERLOAD), saying 'not now'; 0 hits>"),
        ("put lie 9", "<on put: execute, then answer 9 (TIMEOUT); 0 hits>"),
        ("get set users times 3 delay 50", "<on get in set users, 3 times: wait 50 ms, then answer normally; 0 hits>"),
        (
            "any probability 0.25 close",
            "<on any, with probability 0.25: close the connection before executing it; 0 hits>",
        ),
        ("any namespace bar close after", "<on any in namespace bar: close the connection after executing it; 0 hits>"),
        ("get hang", "<on get: never answer; 0 hits>"),
        ("get half-frame", "<on get: send half of the reply, then close the connection; 0 hits>"),
        ("get garbage", "<on get: answer garbage; 0 hits>"),
        ("get wrong-size 7", "<on get: answer a frame that claims 7 bytes; 0 hits>"),
    ],
)
def test_sentences_about_requests(sentence: str, rule: str) -> None:
    faults = Faults()
    assert not is_network(sentence)
    assert repr(add_fault(faults, sentence)) == rule
    assert len(faults.rules) == 1


@for_each(
    ("sentence", "rule"),
    [
        ("latency 50", "<latency of 50 ms; 0 connections>"),
        ("client latency 50 jitter 10", "<latency of 50 ms, 10 ms more or less toward the client; 0 connections>"),
        (
            "probability 0.5 server bandwidth 1000",
            "<at most 1000 bytes per second toward the server, with probability 0.5; 0 connections>",
        ),
        ("slow-close 5", "<close 5 ms late; 0 connections>"),
        ("timeout", "<drop everything; 0 connections>"),
        ("timeout 100", "<drop everything, close after 100 ms; 0 connections>"),
        ("reset", "<reset after 0 ms; 0 connections>"),
        ("slices 10 pause 2", "<slices of 10 bytes, 0 more or less, 2 ms apart; 0 connections>"),
        ("limit-data 99", "<close after 99 bytes; 0 connections>"),
    ],
)
def test_sentences_about_the_network(sentence: str, rule: str) -> None:
    network = Network()
    assert is_network(sentence)
    assert repr(add_condition(network, sentence)) == rule
    assert len(network.rules) == 1


@for_each(
    ("sentence", "words"),
    [
        ("", "a command"),
        ("put", "an action"),
        ("put answer", "a result code"),
        ("put answer NONSENSE", "no result code"),
        ("put answer 300", "0 to 255"),
        ("put explode", "no action"),
        ("put times 1.5 hang", "integer"),
        ("put delay soon", "a number"),
        ("put hang now", "one word too many"),
        ("jump hang", "no command"),
    ],
)
def test_sentences_that_make_no_sense(sentence: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        add_fault(Faults(), sentence)


@for_each(
    ("sentence", "words"),
    [
        ("client", "a condition"),
        ("client rain", "no condition"),
        ("latency", "milliseconds"),
        ("latency 5 6", "too many"),
    ],
)
def test_conditions_that_make_no_sense(sentence: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        add_condition(Network(), sentence)
