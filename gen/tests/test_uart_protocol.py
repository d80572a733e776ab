from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from finn_rtl.driver import uart_protocol
from finn_rtl.driver.uart_protocol import (
    IDENTITY_BYTES,
    REPLY,
    Fault,
    Kind,
    Reply,
    ReplyReader,
    classify_request,
    identity_request,
    idle_seconds,
)
from finn_rtl.output.identity import WORDS

RTL = Path(__file__).resolve().parents[2] / "rtl" / "uart" / "uart_host.sv"
RESULT_BYTES = 2


def crc16(data: bytes) -> int:
    """CRC-16 with polynomial 0x1021, start 0xFFFF, bit by bit."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ (0x1021 if crc & 0x8000 else 0)) & 0xFFFF
    return crc


def encode(reply: Reply) -> bytes:
    body = bytes([reply.kind, reply.tag]) + reply.payload
    return bytes([REPLY]) + body + crc16(body).to_bytes(2, "big")


def random_reply(rng: random.Random) -> Reply:
    kind = rng.choice((Kind.IDENTITY, Kind.RESULT, Kind.ERROR))
    if kind == Kind.ERROR:
        payload = bytes([rng.choice(list(Fault))])
    else:
        # Some payloads are full of first bytes.
        size = RESULT_BYTES if kind == Kind.RESULT else IDENTITY_BYTES
        payload = rng.choice((rng.randbytes(size), bytes([REPLY] * size)))
    return Reply(kind, rng.getrandbits(8), payload)


def test_requests_byte_by_byte() -> None:
    # CRC-16/IBM-3740 of "123456789" is 0x29B1.
    assert crc16(b"123456789") == 0x29B1
    assert identity_request(7) == b"\xa5I\x07" + crc16(b"I\x07").to_bytes(2, "big")
    assert classify_request(255, b"\x01\x02") == b"\xa5C\xff\x01\x02" + crc16(b"C\xff\x01\x02").to_bytes(2, "big")


@pytest.mark.parametrize("step", [1, 3, 1000])
def test_replies_in_pieces(step: int) -> None:
    rng = random.Random(step)
    replies = [random_reply(rng) for _ in range(60)]
    data = b"".join(map(encode, replies))
    reader = ReplyReader(RESULT_BYTES)
    found = [reply for i in range(0, len(data), step) for reply in reader.feed(data[i:i + step])]
    assert found == replies
    assert reader.skipped == 0


def test_garbage_between_replies_is_skipped() -> None:
    rng = random.Random(5)
    replies = [random_reply(rng) for _ in range(60)]
    reader = ReplyReader(RESULT_BYTES)
    found: list[Reply] = []
    for reply in replies:
        # Not long enough to look like an identity that is not complete.
        found += reader.feed(bytes(b for b in rng.randbytes(rng.randrange(20)) if b != REPLY) + encode(reply))
    assert found == replies
    assert reader.skipped > 0


def test_damaged_reply_is_none() -> None:
    rng = random.Random(6)
    good = Reply(Kind.RESULT, 9, b"\x03\x04")
    for _ in range(200):
        data = bytearray(encode(Reply(Kind.RESULT, 8, rng.randbytes(RESULT_BYTES))))
        place = rng.randrange(8, 8 * len(data))
        data[place // 8] ^= 1 << place % 8
        reader = ReplyReader(RESULT_BYTES)
        # Enough good ones behind it that nothing waits for a length that was damaged.
        assert set(reader.feed(bytes(data) + 12 * encode(good))) == {good}
        assert reader.skipped > 0


def test_cut_off_reply_can_be_forgotten() -> None:
    reader = ReplyReader(RESULT_BYTES)
    reply = Reply(Kind.ERROR, 1, bytes([Fault.OVERRUN]))
    assert reader.feed(encode(reply)[:-1]) == []
    reader.clear()
    assert reader.feed(encode(reply)) == [reply]
    assert reply.fault == Fault.OVERRUN


def test_unknown_fault_is_no_reply() -> None:
    reader = ReplyReader(RESULT_BYTES)
    assert reader.feed(encode(Reply(Kind.ERROR, 1, b"\x63"))) == []
    assert reader.skipped > 0


def test_identity_words() -> None:
    assert len(WORDS) * 4 == IDENTITY_BYTES
    payload = b"".join(i.to_bytes(4, "little") for i in range(len(WORDS)))
    assert Reply(Kind.IDENTITY, 0, payload).words == tuple(range(len(WORDS)))


def test_constants_are_those_of_the_hardware() -> None:
    text = RTL.read_text(encoding="utf-8")
    for name, value in (("WINDOW", uart_protocol.WINDOW), ("IDLE_BITS", uart_protocol.IDLE_BITS)):
        assert re.search(rf"parameter int {name} = (\d+)", text)[1] == str(value)  # type: ignore[index]
    assert idle_seconds(1_000_000) > uart_protocol.IDLE_BITS / 1e6
