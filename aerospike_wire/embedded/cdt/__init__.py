"""Operations on lists and maps: the calls of protocol section 6, made on the node's bytes.

Elements stay as they were packed, so that nothing that Python values cannot tell apart is
lost: type bytes of strings, 32-bit floats, order markers, unsigned integers.
"""
