"""A model of a board on a serial line, for tests of the driver."""

from __future__ import annotations

import binascii

import numpy as np

from finn_rtl import driver
from finn_rtl.driver.uart_protocol import REPLY, Fault, Kind
from finn_rtl.meaning import reference
from finn_rtl.meaning.integer import Network

# Bytes of a reply with a label.
RESULT_REPLY = 6


class Board:
    """Answers requests as uart_host does; `spoil` are the numbers of requests whose CRC shall not fit, `lose` of those
    that get no reply."""

    name, baud = "board", 1_000_000

    def __init__(self, network: Network, description: driver.Description) -> None:
        self.network, self.form = network, description
        self.answer = bytearray()
        self.time, self.requests, self.most = 0.0, 0, 0
        self.spoil: set[int] = set()
        self.lose: set[int] = set()
        self.is_closed = False

    def write(self, data: bytes) -> None:
        assert data[0] == 0xA5
        kind, tag, payload = data[1], data[2], data[3:-2]
        assert binascii.crc_hqx(data[1:], 0xFFFF) == 0
        number, self.requests = self.requests, self.requests + 1
        if number in self.lose:
            return
        if number in self.spoil:
            self._reply(Kind.ERROR, tag, bytes([Fault.BAD_CRC]))
        elif kind == Kind.IDENTITY:
            self._reply(Kind.IDENTITY, tag, b"".join(
                word.to_bytes(4, "little") for word in self.form.identity.values()))
        else:
            assert kind == Kind.CLASSIFY
            assert len(payload) == self.form.input_stride
            bits = np.unpackbits(np.frombuffer(payload, np.uint8), bitorder="little")[:self.form.frame_bits]
            scores = reference.infer(self.network, bits.astype(np.int32)[None])
            self._reply(Kind.RESULT, tag, bytes([reference.labels(scores)[0]]))

    def _reply(self, kind: Kind, tag: int, payload: bytes) -> None:
        body = bytes([kind, tag]) + payload
        self.answer += bytes([REPLY]) + body + binascii.crc_hqx(body, 0xFFFF).to_bytes(2, "big")
        if kind == Kind.RESULT:
            self.most = max(self.most, -(-len(self.answer) // RESULT_REPLY))

    def read(self, seconds: float) -> bytes:
        self.time += 1e-4 if self.answer else seconds
        piece, self.answer = bytes(self.answer[:5]), self.answer[5:]
        return piece

    def now(self) -> float:
        return self.time

    def close(self) -> None:
        self.is_closed = True
