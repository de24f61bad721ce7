"""The wire protocol: bytes to values and back.

Nothing here opens a socket, reads a clock or knows asyncio, so that it can be driven by
any transport. What a peer gets wrong raises :class:`~aerospike_wire.errors.ProtocolError`;
what the caller gets wrong raises :class:`~aerospike_wire.proto.invalid.InvalidArgument`.
A server's "no" is neither: it is a reply with a code.
"""
