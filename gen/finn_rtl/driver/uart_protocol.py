# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Packets between a host and `uart_host` (rtl/uart), as bytes; docs/ip/uart.md describes them.

Nothing here opens a port: a host sends what the request functions return, and feeds what it receives to a ReplyReader.
"""

from __future__ import annotations

import binascii
from dataclasses import dataclass
from enum import IntEnum

#: First byte of every request, and of every reply.
REQUEST = 0xA5
REPLY = 0x5A
#: Requests that may wait for their replies, and bit times after which an unfinished one is dropped: the defaults of
#: uart_host.
WINDOW = 16
IDLE_BITS = 65536
#: Twelve words of 32 bits, finn_rtl.output.identity.
IDENTITY_BYTES = 48
# Behind a reply's first byte, before its payload: kind and tag.
_HEADER = 2
_CRC = 2


class Kind(IntEnum):
    """Commands and kinds of replies."""

    IDENTITY = ord("I")
    CLASSIFY = ord("C")
    RESULT = ord("R")
    ERROR = ord("E")


class Fault(IntEnum):
    """What an error reply complains about. None of them has given the network a frame."""

    #: The CRC does not fit.
    BAD_CRC = 1
    #: There is no such command.
    UNKNOWN = 2
    #: The line was idle before the request was complete. The tag is 0 if it did not come.
    CUT_OFF = 3
    #: More than WINDOW requests without a reply. Those after the one with this tag may be lost too.
    OVERRUN = 4


@dataclass(frozen=True)
class Reply:
    """A reply whose CRC fits. `tag` is that of its request."""

    kind: Kind
    tag: int
    payload: bytes

    @property
    def words(self) -> tuple[int, ...]:
        """Of an identity."""
        return tuple(int.from_bytes(self.payload[i : i + 4], "little") for i in range(0, len(self.payload), 4))

    @property
    def fault(self) -> Fault:
        """Of an error."""
        return Fault(self.payload[0])


def _packet(sync: int, kind: int, tag: int, payload: bytes) -> bytes:
    body = bytes([kind, tag]) + payload
    return bytes([sync]) + body + binascii.crc_hqx(body, 0xFFFF).to_bytes(_CRC, "big")


def identity_request(tag: int) -> bytes:
    """Asks for the words of finn_rtl.output.identity."""
    return _packet(REQUEST, Kind.IDENTITY, tag, b"")


def classify_request(tag: int, frame: bytes) -> bytes:
    """Asks for the result of a frame: its bits, element 0 in the least significant place of the first byte, then zeros.

    Hardware takes frames of one length, which follows from its identity.
    """
    return _packet(REQUEST, Kind.CLASSIFY, tag, frame)


class ReplyReader:
    """Finds the replies in what comes from the line; whatever is none is skipped.

    Args:
        result_bytes: bytes of a result, which follow from the identity.
    """

    def __init__(self, result_bytes: int) -> None:
        self._lengths: dict[int, int] = {Kind.IDENTITY: IDENTITY_BYTES, Kind.RESULT: result_bytes, Kind.ERROR: 1}
        self._buffer = bytearray()
        #: Bytes skipped so far; on a sound line there are none.
        self.skipped = 0

    def feed(self, data: bytes) -> list[Reply]:
        """The replies that are complete with these bytes."""
        self._buffer += data
        replies: list[Reply] = []
        while len(self._buffer) > 1:
            length = self._lengths.get(self._buffer[1])
            if self._buffer[0] != REPLY or length is None:
                self._skip()
                continue
            end = 1 + _HEADER + length + _CRC
            if len(self._buffer) < end:
                break
            body = bytes(self._buffer[1:end])
            if binascii.crc_hqx(body, 0xFFFF) or (body[0] == Kind.ERROR and body[_HEADER] not in set(Fault)):
                self._skip()
                continue
            replies.append(Reply(Kind(body[0]), body[1], body[_HEADER:-_CRC]))
            del self._buffer[:end]
        return replies

    def clear(self) -> None:
        """Forget a reply that is not complete: after a pause, or before a new start."""
        self._buffer.clear()

    def _skip(self) -> None:
        del self._buffer[0]
        self.skipped += 1


def idle_seconds(baud: int) -> float:
    """How long the host is silent so that hardware has surely dropped an unfinished request.

    A request that is sent must not pause for so long.
    """
    return (IDLE_BITS + 20) / baud
