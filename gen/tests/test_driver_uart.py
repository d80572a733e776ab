"""The UART backend on a model of a board: pipelining, and a line that spoils bytes."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from uart_board import Board

from finn_rtl import driver, prepare
from finn_rtl.driver.uart import SerialPort, UartTransport
from finn_rtl.driver.uart_protocol import WINDOW
from finn_rtl.meaning import reference
from finn_rtl.meaning.integer import Network
from finn_rtl.output.accelerator import describe


@pytest.fixture(scope="module")
def design() -> tuple[Network, driver.Description]:
    network, plan = prepare("digits", fps=1e5)
    return network, describe(network, plan, "uart")


def images(count: int) -> NDArray[np.uint8]:
    return np.random.default_rng(5).integers(0, 17, (count, 8, 8)).astype(np.uint8)


def classify(board: Board, count: int) -> tuple[list[int], list[int]]:
    """Found and expected labels."""
    with driver.Accelerator(board.form, UartTransport(board, board.form)) as accelerator:
        found = accelerator.classify(images(count))
    elements = board.form.table[images(count)].reshape(count, -1)
    return found.labels.tolist(), reference.labels(reference.infer(board.network, elements)).tolist()


@pytest.mark.parametrize("count", [1, WINDOW, 300])
def test_results_in_order(design: tuple[Network, driver.Description], count: int) -> None:
    board = Board(*design)
    found, expected = classify(board, count)
    assert found == expected
    assert board.requests == count + 1
    assert board.most <= WINDOW
    assert board.is_closed


@pytest.mark.parametrize(("spoil", "lose"), [({1}, set()), (set(), {0}), ({3, 20}, {25}), (set(), {10, 11})])
def test_what_the_line_spoils_is_sent_again(design: tuple[Network, driver.Description], spoil: set[int],
                                            lose: set[int]) -> None:
    board = Board(*design)
    board.spoil, board.lose = spoil, lose
    found, expected = classify(board, 40)
    assert found == expected
    assert board.requests > 41


def test_a_dead_line_is_given_up(design: tuple[Network, driver.Description]) -> None:
    board = Board(*design)
    board.lose = set(range(5, 10_000))
    with pytest.raises(driver.JobError, match="36 of 40 frames have no result after 4 attempts .no reply came"):
        classify(board, 40)
    board = Board(*design)
    board.lose = set(range(10_000))
    with pytest.raises(driver.JobTimeoutError, match="nothing answers at 1000000 baud"):
        classify(board, 1)
    assert board.is_closed


def test_other_hardware_is_refused(design: tuple[Network, driver.Description]) -> None:
    network, form = design
    other = describe(*prepare("digits", fps=1e6), "uart")
    with pytest.raises(driver.WrongHardwareError, match="folding"):
        driver.Accelerator(form, UartTransport(Board(network, other), form))


def test_no_such_port() -> None:
    pytest.importorskip("serial")
    with pytest.raises(driver.DriverError, match="cannot be opened"):
        SerialPort("/dev/no_such_port", 115200)


@pytest.fixture
def line() -> Iterator[tuple[int, str]]:
    """Both ends of a terminal: a file to act as the board, and the port's name."""
    pytest.importorskip("serial")
    board, port = os.openpty()
    yield board, os.ttyname(port)
    for end in (board, port):
        with contextlib.suppress(OSError):
            os.close(end)


@pytest.mark.parametrize("baud", [0, -1, 2.5, True, "fast", None, 1 << 31, 10**30])
def test_speeds_that_are_none(line: tuple[int, str], baud: Any) -> None:
    with pytest.raises(driver.DriverError, match=f"{line[1]}: .*{baud}.* baud"):
        SerialPort(line[1], baud)


def test_a_port_that_is_unplugged(line: tuple[int, str]) -> None:
    port = SerialPort(line[1], 115200)
    os.write(line[0], b"a")
    assert port.read(1.0) == b"a"
    os.close(line[0])
    with pytest.raises(driver.DriverError, match="was it unplugged"):
        port.read(1.0)
    port.close()
