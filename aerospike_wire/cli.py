"""The command line: demo, serve, proxy, explain, errors, run-as-aerospike."""

from __future__ import annotations

import argparse
import difflib
import functools
import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from aerospike_wire import demo
from aerospike_wire.demo import hierarchy
from aerospike_wire.embedded import EmbeddedCluster, EmbeddedServer, FaultProxy, sentences
from aerospike_wire.embedded.store import NamespaceConfig
from aerospike_wire.errors import FACTS, AerospikeError, CodeFacts, ConnectionFate, ResultCode, Retry, class_of
from aerospike_wire.terminal import Style

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import FrameType

_FAILED: Final = 1
_MISUSED: Final = 2
_INTERRUPTED: Final = 130
"""What shells report for a program that Ctrl-C ended."""

_RETRY: Final = {
    Retry.NEVER: "the same call fails again until something else has changed",
    Retry.LATER: "the same call may succeed after a pause; the client leaves that to the program",
    Retry.RELOGIN: "the same call may succeed after a new login; a client with a user logs in and repeats it once",
    Retry.AUTO: "the same call may succeed at once; the client repeats it itself, up to max_retries times",
}
_FATE: Final = {
    ConnectionFate.KEEP: "it stays open and is used again",
    ConnectionFate.CLOSE: "it is closed",
}
_DOUBT: Final = {
    False: "no: a write that got this answer has not been applied",
    True: "yes: a write that failed like this may have been applied all the same",
}
_LABEL: Final = 12
"""Columns of the words that lines of an explanation begin with."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        argv: the arguments without the program's name; by default those of the process.

    Returns:
        The exit status: 0 for success, 1 for failure, 2 for misuse, 130 for Ctrl-C.
    """
    arguments = _parser().parse_args(argv)
    try:
        status: int = arguments.run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read the output has seen enough. The interpreter flushes once more at its
        # end, and must find something to flush into.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _FAILED
    except KeyboardInterrupt:
        return _INTERRUPTED
    return status


@functools.cache
def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="aerospike_wire", description="An Aerospike client whose errors tell everything, and an in-memory node."
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    command = commands.add_parser("demo", help="provoke every exception with both clients and show what it carries")
    command.add_argument("--json", action="store_true", help="print one JSON object for each class and client")
    command.set_defaults(run=_demo)

    command = commands.add_parser("serve", help="run in-memory nodes until interrupted")
    command.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    command.add_argument(
        "--port", type=_port, default=3000,
        help="port to listen on, 0 for a free one; further nodes take those that follow (%(default)s)",
    )  # fmt: skip
    command.add_argument(
        "--nodes", type=int, default=1, metavar="N", help="number of nodes, which form a cluster (%(default)s)"
    )
    command.add_argument(
        "--replication-factor", type=int, default=2, metavar="N",
        help="on how many nodes of a cluster each record is (%(default)s)",
    )  # fmt: skip
    command.add_argument(
        "--processes", action="store_true",
        help="give each node of a cluster a process of its own, which signals can stop and kill; needs Unix",
    )  # fmt: skip
    command.add_argument(
        "--namespace", dest="namespaces", action="append", type=_namespace, metavar="NAME[,ttl=off]",
        help="a namespace, with options behind commas: ttl=off, default-ttl=SECONDS, max-record-size=BYTES, "
        "replication-factor=N; "
        "may be given several times (test)",
    )  # fmt: skip
    command.add_argument(
        "--fault", dest="sentences", action="append", default=[], metavar="SENTENCE",
        help="a failure on request, such as 'put answer 18' or 'get probability 0.1 close'; may be given several times",
    )  # fmt: skip
    command.add_argument(
        "--edition", choices=("community", "enterprise"),
        help="what the nodes have: an enterprise node takes durable deletes, compression, transactions "
        "(community, or enterprise with users)",
    )  # fmt: skip
    command.add_argument(
        "--user", dest="users", action="append", type=_user, metavar="NAME:PASSWORD:ROLE[,ROLE]",
        help="switches security on: a user with password and roles; may be given several times",
    )  # fmt: skip
    command.set_defaults(run=_serve)

    command = commands.add_parser(
        "proxy",
        help="stand in front of a node and its cluster, and make failures on request",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=f"Sentences, as options and typed while it runs:\n{sentences.HELP}",
    )
    command.add_argument("--upstream", required=True, metavar="HOST:PORT", help="a node of the cluster")
    command.add_argument("--host", default="127.0.0.1", help="address to listen on, and to tell clients (%(default)s)")
    command.add_argument(
        "--port", type=_port, default=0,
        help="port that leads to the node, 0 for a free one; other nodes get free ones (%(default)s)",
    )  # fmt: skip
    command.add_argument(
        "--fault", dest="sentences", action="append", default=[], metavar="SENTENCE",
        help="a failure on request, such as 'put answer 18' or 'latency 50 jitter 10'; may be given several times",
    )  # fmt: skip
    command.set_defaults(run=_proxy)

    command = commands.add_parser("explain", help="say what a result code or an exception means")
    command.add_argument("what", metavar="CODE|NAME", help="as 22, -10, FORBIDDEN or ForbiddenError")
    command.set_defaults(run=_explain)

    command = commands.add_parser("errors", help="list all exceptions")
    command.add_argument("--json", action="store_true", help="print one JSON object for each class")
    command.set_defaults(run=_errors)

    command = commands.add_parser(
        "run-as-aerospike", help="run a program written for the official client on this one",
        description="Runs a script, or with -m a module, with this client in the place of the module aerospike "
        "and of its helpers. All further arguments are the program's.",
    )  # fmt: skip
    command.add_argument("-m", dest="module", action="store_true", help="PROGRAM is a module, as for python -m")
    command.add_argument("program", metavar="PROGRAM", help="path of a script, or name of a module")
    command.add_argument("arguments", metavar="...", nargs=argparse.REMAINDER, help="arguments of the program")
    command.set_defaults(run=_run_as_aerospike)
    return parser


def _run_as_aerospike(arguments: argparse.Namespace) -> int:
    from aerospike_wire.compat.installation import run_program  # noqa: PLC0415  the other commands need no façade

    if not arguments.module and not Path(arguments.program).is_file():
        _complain(f"there is no program {arguments.program!r}")
        return _MISUSED
    run_program([arguments.program, *arguments.arguments], module=arguments.module)
    return 0


def _complain(text: str) -> None:
    print(f"aerospike_wire: {text}", file=sys.stderr)


# demo


def _demo(arguments: argparse.Namespace) -> int:
    return demo.run(Style.of(sys.stdout), as_json=arguments.json)


# serve


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= 65535):
        msg = f"a port is a number from 0 to 65535, not {text!r}"
        raise argparse.ArgumentTypeError(msg)
    return int(text)


def _namespace(text: str) -> NamespaceConfig:
    try:
        return NamespaceConfig.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _user(text: str) -> tuple[str, tuple[str, list[str]]]:
    name, colon, rest = text.partition(":")
    password, second, roles = rest.rpartition(":")
    if not (name and colon and second):
        msg = f"a user is written NAME:PASSWORD:ROLE,ROLE, not {text!r}"
        raise argparse.ArgumentTypeError(msg)
    return name, (password, [role for role in roles.split(",") if role])


def _serve(arguments: argparse.Namespace) -> int:
    namespaces = arguments.namespaces or [NamespaceConfig("test")]
    users = None if arguments.users is None else dict(arguments.users)
    enterprise = None if arguments.edition is None else arguments.edition == "enterprise"
    server: EmbeddedServer | EmbeddedCluster
    try:
        if arguments.nodes == 1 and not arguments.processes:
            server = EmbeddedServer(
                host=arguments.host, port=arguments.port, namespaces=namespaces, users=users, enterprise=enterprise
            )
        else:
            server = EmbeddedCluster(
                arguments.nodes,
                host=arguments.host,
                port=arguments.port,
                namespaces=namespaces,
                replication_factor=arguments.replication_factor,
                users=users,
                enterprise=enterprise,
                processes=arguments.processes,
            )
    except (ValueError, RuntimeError) as error:
        _complain(str(error))
        return _MISUSED
    try:
        for sentence in arguments.sentences:
            sentences.add_fault(server.faults, sentence)
    except ValueError as error:
        _complain(f"--fault {sentence!r}: {error}")
        return _MISUSED
    return _until_a_signal(arguments, server)


def _until_a_signal(arguments: argparse.Namespace, server: EmbeddedServer | EmbeddedCluster | FaultProxy) -> int:
    """Print the addresses and run until interrupted; a proxy takes sentences meanwhile."""
    ended = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        ended.set()

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with server:
            addresses = server.addresses if isinstance(server, EmbeddedCluster) else [server.address]
            print("\n".join(addresses), flush=True)
            if isinstance(server, FaultProxy):
                threading.Thread(target=_listen, args=(server,), name="sentences", daemon=True).start()
            ended.wait()
    except OSError as error:
        _complain(f"cannot listen on {arguments.host} port {arguments.port}: {error.strerror or error}")
        return _FAILED
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return 0


# proxy


def _proxy(arguments: argparse.Namespace) -> int:
    try:
        proxy = FaultProxy(arguments.upstream, host=arguments.host, port=arguments.port)
    except ValueError as error:
        _complain(str(error))
        return _MISUSED
    for sentence in arguments.sentences:
        try:
            _obey(proxy, sentence)
        except ValueError as error:
            _complain(f"--fault {sentence!r}: {error}")
            return _MISUSED
    return _until_a_signal(arguments, proxy)


def _obey(proxy: FaultProxy, sentence: str) -> str:
    """Do what a sentence says; what is answered."""
    if sentence == "clear":
        proxy.faults.clear()
        proxy.network.clear()
        return "all rules are out"
    if sentence == "list":
        return "\n".join(map(repr, (*proxy.faults.rules, *proxy.network.rules, *proxy.nodes)))
    if sentences.is_network(sentence):
        return repr(sentences.add_condition(proxy.network, sentence))
    return repr(sentences.add_fault(proxy.faults, sentence))


def _listen(proxy: FaultProxy) -> None:
    """Take sentences from the standard input until it ends."""
    # Not through sys.stdin, whose lock a thread that reads would still hold when the program ends.
    waiting = b""
    while data := os.read(0, 4096):
        *lines, waiting = (waiting + data).split(b"\n")
        for line in lines:
            sentence = line.decode(errors="replace").strip()
            if sentence:
                try:
                    print(_obey(proxy, sentence), flush=True)
                except ValueError as error:
                    _complain(str(error))


# explain


def _explain(arguments: argparse.Namespace) -> int:
    what = arguments.what.strip()
    subject = _find(what)
    if subject is None:
        _complain(_unknown(what))
        return _MISUSED
    style = Style.of(sys.stdout)
    for label, text in _explanation(*subject):
        head = f"{label:<{_LABEL}}"
        for line in style.wrap(text, head, " " * _LABEL):
            print(style.dim(line[:_LABEL]) + line[_LABEL:])
    return 0


def _find(what: str) -> tuple[type[AerospikeError] | None, CodeFacts | None] | None:
    """The class and the row of facts that a code or name stands for; OK has no class, bases have no row."""
    code = _code(what)
    if code is not None:
        row = FACTS.get(code)
        return None if row is None else (None if row.exception is None else class_of(code), row)
    cls = {name.casefold(): found for name, found in _class_names().items()}.get(what.casefold())
    return None if cls is None else (cls, _row(cls))


def _code(what: str) -> int | None:
    """The number in a text, or the number of a result code's name."""
    digits = what[1:] if what[:1] in {"-", "+"} else what
    if digits.isascii() and digits.isdigit():
        return int(what)
    found = ResultCode.__members__.get(what.upper().replace("-", "_"))
    return None if found is None else found.value


def _class_names() -> dict[str, type[AerospikeError]]:
    return {name: cls for cls in hierarchy.classes() for name in (cls.__name__, *hierarchy.aliases(cls))}


def _row(cls: type[AerospikeError]) -> CodeFacts | None:
    code = hierarchy.own_code(cls)
    return None if code is None else FACTS[code]


def _unknown(what: str) -> str:
    code = _code(what)
    if code is not None:
        near = sorted(FACTS, key=lambda known: (abs(known - code), known))[:3]
        side = "ServerError" if code >= 0 else "ClientError"
        listed = ", ".join(f"{known} ({FACTS[known].code.name})" for known in near)
        return f"result code {code} is not known; it would raise {side} and keep its number. Near it: {listed}"
    known = {name.casefold(): name for name in (*_class_names(), *ResultCode.__members__)}
    close = [known[name] for name in difflib.get_close_matches(what.casefold(), known, n=5, cutoff=0.5)]
    asked = f"did you mean {', '.join(close)}?" if close else "the command 'errors' lists them all"
    return f"there is no exception or result code {what!r}; {asked}"


def _explanation(cls: type[AerospikeError] | None, row: CodeFacts | None) -> Iterator[tuple[str, str]]:
    if cls is not None:
        yield "exception", cls.__name__
        aliases = hierarchy.aliases(cls)
        if aliases:
            yield "alias", ", ".join(aliases)
        yield "parents", ", ".join(parent.__name__ for parent in hierarchy.parents(cls)) or "none"
        children = hierarchy.children(cls)
        if children:
            yield "children", ", ".join(child.__name__ for child in children)
        yield "about", _about(cls)
    if row is None:
        yield "code", "none of its own"
        return
    yield "code", f"{row.code.value} {row.code.name}"
    yield "meaning", _sentence(row.meaning)
    yield "sent by", _sentence(row.sender.value)
    if row.exception is None:
        return
    yield "retry", _sentence(_RETRY[row.retry])
    yield "connection", _sentence(_FATE[row.connection])
    yield "in doubt", _sentence(_DOUBT[row.doubt])
    if row.hint is not None:
        yield "what to do", _sentence(row.hint)


def _about(cls: type[AerospikeError]) -> str:
    first, *_ = (cls.__doc__ or "").strip().split("\n\n")
    return " ".join(first.replace("``", "").split())


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."


# errors


def _meaning(cls: type[AerospikeError]) -> str:
    row = _row(cls)
    return _about(cls) if row is None else _sentence(row.meaning)


def _errors(arguments: argparse.Namespace) -> int:
    if arguments.json:
        print(json.dumps([_described(cls) for cls in hierarchy.classes()], indent=2))
        return 0
    style = Style.of(sys.stdout)
    for place in hierarchy.draw():
        title = hierarchy.title(place.cls)
        head = f"{place.branch}{title}: "
        for line in style.wrap(_meaning(place.cls), head, place.below):
            if line.startswith(head):
                print(f"{style.dim(place.branch)}{style.bold(title)}: {line[len(head) :]}")
            else:
                print(style.dim(line[: len(place.below)]) + line[len(place.below) :])
    return 0


def _described(cls: type[AerospikeError]) -> dict[str, Any]:
    row = _row(cls)
    return {
        "exception": cls.__name__,
        "aliases": hierarchy.aliases(cls),
        "code": None if row is None else row.code.value,
        "name": None if row is None else row.code.name,
        "parents": [parent.__name__ for parent in hierarchy.parents(cls)],
        "attributes": list(cls.family_attributes),
        "meaning": _meaning(cls),
        "sender": None if row is None else row.sender.value,
        "retry": None if row is None else row.retry.value,
        "connection": None if row is None else row.connection.value,
        "in_doubt": None if row is None else row.doubt,
        "hint": None if row is None else row.hint,
    }
