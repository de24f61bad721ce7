"""Compressed frames (protocol section 1.3): a data message's whole frame, deflated.

An Enterprise feature. A node that has it not answers a compressed request with code 25.
"""

from __future__ import annotations

import struct
import zlib
from typing import Final

from aerospike_wire.errors import ProtocolError
from aerospike_wire.proto.header import FRAME_HEADER_SIZE, MAX_FRAME_BODY, FrameType, frame, read_frame_header

_SIZE: Final = struct.Struct(">Q")


def compressed(whole: bytes, threshold: int = 0) -> bytes:
    """A frame in compressed form; as it is if it is not above the threshold or would not get smaller."""
    if len(whole) <= threshold:
        return whole
    body = _SIZE.pack(len(whole)) + zlib.compress(whole, zlib.Z_BEST_SPEED)
    return frame(FrameType.COMPRESSED, body) if len(body) + FRAME_HEADER_SIZE < len(whole) else whole


def inflated(body: bytes, limit: int = MAX_FRAME_BODY) -> bytes:
    """The body of the frame inside a compressed frame.

    No more is inflated than the frame claims, and no more claimed than the limit, so that a
    few bytes cannot fill the memory.

    Args:
        body: the compressed frame's body.
        limit: bytes that the inner frame's body may have.

    Raises:
        ProtocolError: the bytes are no deflated data message, or of another size than claimed.
    """
    if len(body) < _SIZE.size:
        msg = f"a compressed frame is cut off after {len(body)} bytes"
        raise ProtocolError(msg)
    (size,) = _SIZE.unpack_from(body)
    if size - FRAME_HEADER_SIZE > limit:
        msg = f"a compressed frame claims {size} bytes inside, the limit is {limit}"
        raise ProtocolError(msg)
    stream = zlib.decompressobj()
    try:
        # One byte more than claimed tells a stream that is too long from one that fits.
        whole = stream.decompress(memoryview(body)[_SIZE.size :], size + 1)
    except zlib.error as error:
        msg = f"a compressed frame cannot be inflated: {error}"
        raise ProtocolError(msg) from None
    if len(whole) != size or not stream.eof or stream.unused_data:
        msg = f"a compressed frame does not hold the {size} bytes that it claims"
        raise ProtocolError(msg)
    if size < FRAME_HEADER_SIZE:
        msg = f"a compressed frame holds {size} bytes, which is no frame"
        raise ProtocolError(msg)
    kind, inner = read_frame_header(whole)
    if kind != FrameType.MESSAGE or inner != size - FRAME_HEADER_SIZE:
        msg = f"a compressed frame holds a frame of type {kind} and {inner} bytes, expected a message that fills it"
        raise ProtocolError(msg)
    return whole[FRAME_HEADER_SIZE:]
