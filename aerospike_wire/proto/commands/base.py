"""What every command is to the core."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, NamedTuple, TypeVar

import attrs

from aerospike_wire.errors import FACTS, ErrorContext, FailedOperation, ProtocolError
from aerospike_wire.proto.fields import Field
from aerospike_wire.proto.header import MESSAGE_HEADER_SIZE, FrameType
from aerospike_wire.proto.message import Message, read_message
from aerospike_wire.proto.msgpack import unpack

if TYPE_CHECKING:
    from collections.abc import Callable

    from aerospike_wire.policy import Policies, Policy

R_co = TypeVar("R_co", covariant=True)

RESULT_OFFSET: Final = 5
"""Where the result code is in the body of a data message."""


@attrs.frozen
class Features:
    """What the node that gets a request understands."""

    error_details: bool = False
    """Servers newer than 8.1.2 say more about errors when asked."""
    index_types: bool = False
    """Servers from 8.1 on take the type of an index apart from its bin, and index expressions."""
    pki_users: bool = False
    """Servers from 8.1 on know users that have a certificate and no password."""


OLDEST: Final = Features()
"""Nothing beyond what every supported server understands."""


class ServerWords(NamedTuple):
    """What a failing reply says beside its code."""

    message: str | None = None
    subcode: int = 0
    hint: str | None = None
    """What to do about it, where the request itself shows what the code alone does not."""
    operations: tuple[FailedOperation, ...] = ()
    """Those of the call that can have given the code."""


NO_WORDS: Final = ServerWords()


@attrs.define(eq=False)
class Command(Generic[R_co]):
    """A request and how to read its answer.

    The life of a command: ``prepare`` checks the arguments, ``encode`` makes the bytes of
    one try, ``code`` looks at the answer, then ``decode`` or, after a failure, ``words``
    and ``context``.
    """

    operation: ClassVar[str]
    """The client's method."""
    write: ClassVar[bool] = False
    """True if the command can change data, so that its failure may leave doubt."""
    frame_type: ClassVar[FrameType] = FrameType.MESSAGE
    exclusive: ClassVar[bool] = False
    """True for commands that take long, or whose answer is not one data message: they get a connection of their own.

    Of others, an answer with code 0 in its header is decoded without a call of :meth:`code`.
    """

    def target(self) -> str | None:
        """Name or address of the node to ask; None if any will do, or the record decides."""
        return None

    def prepare(self, policies: Policies) -> Policy:
        """Check all arguments and settle the policy. Nothing is sent before.

        Raises:
            InvalidArgument: an argument is not acceptable.
            ParamError: the policy is not acceptable.
        """
        raise NotImplementedError

    def encode(self, features: Features) -> bytes:
        """The bytes of one try."""
        raise NotImplementedError

    def collector(self) -> Callable[[bytes], bool] | None:
        """For answers of several frames: takes each body, and is True for the last one."""
        return None

    def code(self, body: bytes) -> int:
        """The result code of an answer.

        Raises:
            ProtocolError: the answer is too short to have one.
        """
        if len(body) < MESSAGE_HEADER_SIZE:
            msg = f"a reply of {len(body)} bytes is shorter than a message header"
            raise ProtocolError(msg)
        return body[RESULT_OFFSET]

    def refused(self, body: bytes) -> bool:
        """Whether an answer says for certain that nothing was changed. Never raises for what the server sent.

        Args:
            body: of the last frame.
        """
        try:
            code = self.code(body)
        except ProtocolError:
            return False
        return code != 0 and not in_doubt_code(code)

    def decode(self, body: bytes, wall: Callable[[], float]) -> R_co:
        """The result of an answer with code 0.

        Args:
            body: the frame's body.
            wall: gives seconds since the Unix epoch, for times to live.

        Raises:
            ProtocolError: the answer does not follow the protocol.
        """
        raise NotImplementedError

    def words(self, body: bytes) -> ServerWords:
        """What a failing answer says beside its code. Never raises for what the server sent."""
        if len(body) == MESSAGE_HEADER_SIZE:  # as nearly all are
            return NO_WORDS
        try:
            message, _ = read_message(body)
        except ProtocolError:
            return NO_WORDS
        return error_details(message)

    def context(self) -> ErrorContext:
        """The facts of this request for an error; also before ``prepare`` has succeeded."""
        raise NotImplementedError


def in_doubt_code(code: int) -> bool:
    """Whether an answer leaves open if a write was carried out."""
    row = FACTS.get(code)
    return row is not None and row.doubt


def error_details(message: Message) -> ServerWords:
    """The error details field of a reply, as newer servers send it (protocol section 2.9)."""
    data = message.fields.get(Field.ERROR_DETAILS)
    if data is None:
        return NO_WORDS
    try:
        details = unpack(data)
    except ProtocolError:
        return NO_WORDS
    if not isinstance(details, dict):
        return NO_WORDS
    subcode, text = details.get(1), details.get(2)
    # The text is a raw string, so its first character was read as a type.
    return ServerWords(_raw_text(text), subcode if isinstance(subcode, int) else 0)


def _raw_text(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    data = getattr(value, "data", None)
    kind = getattr(value, "type", None)
    if isinstance(data, bytes) and isinstance(kind, int):
        return (bytes((kind,)) + data).decode(errors="replace")
    return None


u16: Final = struct.Struct(">H")
u32: Final = struct.Struct(">I")
u64: Final = struct.Struct(">Q")
