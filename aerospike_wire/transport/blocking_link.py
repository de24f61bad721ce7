"""Blocking connections, each of which carries one request at a time."""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import time
from typing import TYPE_CHECKING

from aerospike_wire.errors import ProtocolError, ResultCode
from aerospike_wire.proto.channel import Channel, Exchange
from aerospike_wire.transport import LinkFailure, note_doubt
from aerospike_wire.transport.failures import words_of

if TYPE_CHECKING:
    from aerospike_wire.transport import Call


class BlockingLink:
    """One blocking connection; one request at a time."""

    __slots__ = ("_channel", "_late_until", "_socket", "address", "last_used")

    def __init__(self, sock: socket.socket, address: str) -> None:
        self._socket = sock
        self._channel = Channel()
        self._late_until = 0.0
        """When a late answer is waited for no longer."""
        self.address = address
        self.last_used = time.monotonic()

    @property
    def usable(self) -> bool:
        """False once the socket is closed."""
        return self._socket.fileno() >= 0

    @property
    def load(self) -> int:
        """Requests under way, or whose answer is late: 0 or 1."""
        return len(self._channel.pending)

    @property
    def stalled(self) -> bool:
        """True while an answer is due whose caller gave up."""
        return bool(self._channel.pending)

    async def exchange(self, call: Call) -> bytes:
        """Send a request and wait for its answer."""
        exchange: Exchange | None = None
        try:
            exchange = self.start(call)
            return self.finish(call, exchange)
        except LinkFailure:
            raise
        except BaseException as stopped:  # such as KeyboardInterrupt, which may come right after the last byte was sent
            self.close()
            if call.leaves_doubt(None if exchange is None else exchange.body):
                note_doubt(stopped)
            raise

    def start(self, call: Call) -> Exchange:
        """Send a request whole.

        Raises:
            LinkFailure: not all of it could be sent, so the node cannot have carried it out.
        """
        exchange = Exchange(call.frame_type, call.collect, login=call.login)
        if not self.usable:  # another thread may have closed the client
            raise LinkFailure(ResultCode.CONNECTION, "the connection is closed", sent=False, charge=False)
        patience = self._patience(call, sent=False)
        self._channel.send(exchange)
        sock = self._socket
        try:
            sock.settimeout(patience)
            view = memoryview(call.request)
            view = view[sock.send(view) :]
            while view:
                sock.settimeout(self._patience(call, sent=False))
                view = view[sock.send(view) :]
        except BaseException as error:
            self.close()
            if isinstance(error, OSError):
                raise _failure(error, call, sent=False) from error
            raise
        return exchange

    def finish(self, call: Call, exchange: Exchange) -> bytes:
        """Wait for the answer to what :meth:`start` sent.

        Raises:
            LinkFailure: no answer came, or none that makes sense. The link is closed, unless
                the answer may still come and can be taken in by :meth:`settled`.
        """
        sock, channel = self._socket, self._channel
        try:
            while True:
                sock.settimeout(self._patience(call, sent=True))
                count = sock.recv_into(channel.writable())
                if not count:
                    raise LinkFailure(ResultCode.CONNECTION, "the node closed the connection", sent=True)
                for done in channel.received(count):
                    if done is exchange and done.body is not None:
                        self.last_used = time.monotonic()
                        if channel.error is not None:
                            self.close()
                        return done.body
                if channel.error is not None:
                    raise channel.error
        except LinkFailure as failure:
            self._give_up(call, failure.code)
            raise
        except TimeoutError as error:
            self._give_up(call, ResultCode.TIMEOUT)
            raise _failure(error, call, sent=True) from error
        except BaseException as error:
            self.close()
            if isinstance(error, ProtocolError):
                raise LinkFailure(ResultCode.CLIENT, error.msg or "", sent=True) from error
            if isinstance(error, OSError):
                raise _failure(error, call, sent=True) from error
            if call.leaves_doubt(exchange.body):
                note_doubt(error)
            raise

    def advance(self, call: Call) -> None:
        """Take in what has arrived for a call that :meth:`start` sent, without waiting for more.

        Raises:
            LinkFailure: the connection has ended, or what came makes no sense. The link is closed.
        """
        channel = self._channel
        try:
            if self._socket.fileno() < 0:
                raise LinkFailure(ResultCode.CONNECTION, "the connection was closed by this side", sent=True)
            self._socket.settimeout(0)
            count = self._socket.recv_into(channel.writable())
            if not count:
                raise LinkFailure(ResultCode.CONNECTION, "the node closed the connection", sent=True)
            channel.received(count)
            self.last_used = time.monotonic()
            if channel.error is not None:
                raise channel.error
        except (BlockingIOError, ssl.SSLWantReadError):
            return
        except LinkFailure:
            self.close()
            raise
        except (OSError, ProtocolError) as error:
            self.close()
            if isinstance(error, ProtocolError):
                raise LinkFailure(ResultCode.CLIENT, error.msg or "", sent=True) from error
            raise _failure(error, call, sent=True) from error

    @property
    def buffered(self) -> bool:
        """True if bytes were taken off the socket and wait inside TLS, where the system does not see them."""
        return isinstance(self._socket, ssl.SSLSocket) and self._socket.pending() > 0

    def fileno(self) -> int:
        """The socket's number, -1 once it is closed."""
        return self._socket.fileno()

    def complete(self, exchange: Exchange) -> bool:
        """The answer is complete, says its reader; True if other requests can follow."""
        return self.usable and self._channel.complete(exchange)

    def _give_up(self, call: Call, code: int) -> None:
        """The caller waits no longer: leave the link open for a late answer, if there can be one."""
        if code != ResultCode.TIMEOUT or call.collect is not None or call.login or not call.drain:
            self.close()
        else:
            self._late_until = time.monotonic() + call.drain

    def recovers(self) -> bool:
        """True if the answer that is due is a late one."""
        return self._late_until > 0

    def settled(self) -> bool:
        """Take in what has come of a late answer, without waiting; True if none is due any more."""
        channel = self._channel
        try:
            self._socket.settimeout(0)
            while channel.pending:
                count = self._socket.recv_into(channel.writable())
                if not count:
                    self.close()
                    return False
                channel.received(count)
                self.last_used = time.monotonic()
                if channel.error is not None:
                    self.close()
                    return False
        except (BlockingIOError, ssl.SSLWantReadError):
            if time.monotonic() >= self._late_until:
                self.close()
            return False
        except OSError:
            self.close()
            return False
        self._late_until = 0.0
        return True

    def _patience(self, call: Call, *, sent: bool) -> float | None:
        """Seconds to wait for the socket once.

        Raises:
            LinkFailure: there are none left.
        """
        if call.deadline is None:
            return call.silence
        left = call.deadline - time.monotonic()
        if left <= 0:
            what = "the answer came" if sent else "the request was sent"
            raise LinkFailure(ResultCode.TIMEOUT, f"the total timeout passed before {what}", sent=sent, charge=sent)
        return left if call.silence is None or left < call.silence else call.silence

    def probe(self) -> bool:
        """True if nothing has happened on the idle socket."""
        try:
            readable, _, _ = select.select([self._socket], [], [], 0)
        except (OSError, ValueError):
            return False
        return not readable

    def close(self) -> None:
        """Close the socket."""
        self._channel.close()
        self._channel.forget()
        # Closing alone would not wake another thread that waits for this socket.
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def abandon(self) -> None:
        """Close the socket here only: the parent process goes on using the connection."""
        self._channel.close()
        self._channel.forget()
        self._socket.close()


def _failure(error: OSError, call: Call, *, sent: bool) -> LinkFailure:
    if isinstance(error, TimeoutError):
        left = None if call.deadline is None else call.deadline - time.monotonic()
        which = "total timeout passed" if left is not None and left <= 0 else "socket was silent for too long"
        return LinkFailure(ResultCode.TIMEOUT, f"the {which} before the answer came", sent=sent)
    if isinstance(error, ssl.SSLError):
        return LinkFailure(ResultCode.TLS, str(error), sent=sent)
    return LinkFailure(ResultCode.CONNECTION, words_of(error), sent=sent)
