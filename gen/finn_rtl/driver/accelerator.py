"""An accelerator as a user sees it: images in, labels out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from finn_rtl.driver.description import MAGIC, Description
from finn_rtl.driver.errors import DriverError, WrongHardwareError
from finn_rtl.driver.transport import JobTiming, Transport
from finn_rtl.stream import pack_frames, unpack_results


@dataclass(frozen=True)
class Classification:
    """Labels int64 (n,), their names, scores int64 (n, classes) if the hardware gives them, and what was measured."""

    labels: NDArray[np.int64]
    names: tuple[str, ...]
    scores: NDArray[np.int64] | None
    timings: tuple[JobTiming, ...]


class Accelerator:
    """A network in hardware, opened and identified. To be closed, or used in a `with` statement.

    Raises:
        WrongHardwareError: what answers is another network, other weights, another folding, or no accelerator.
    """

    def __init__(self, description: Description, transport: Transport) -> None:
        self.description = description
        self.transport = transport
        try:
            _check_identity(description, transport.identity())
        except BaseException:
            transport.close()
            raise

    def classify(self, images: NDArray[np.uint8], progress: Callable[[int], None] = lambda _: None) -> Classification:
        """Classify images uint8 (n, *shape) or one image (*shape).

        Args:
            images: pixels.
            progress: called with the number of frames just finished.

        Raises:
            DriverError: images of another shape or type, or hardware that failed; see driver.errors.
        """
        form = self.description
        outputs, timings = self.run(self._elements(images), progress)
        labels = outputs[:, 0] if form.is_label else outputs.argmax(axis=1)
        names = tuple(form.class_name(int(label)) for label in labels)
        return Classification(labels, names, None if form.is_label else outputs, tuple(timings))

    def run(self, elements: NDArray[np.int32], progress: Callable[[int], None] = lambda _: None) -> \
            tuple[NDArray[np.int64], list[JobTiming]]:
        """Input elements int32 (n, elements) to results int64 (n, values), and what was measured.

        Raises:
            DriverError: see classify.
        """
        form = self.description
        stride = form.input_stride
        frames = pack_frames(elements, form.element_bits, 8 * stride).reshape(len(elements), stride)
        data, timings = self.transport.run(frames, progress)
        beats = data[:, :form.result_beats * form.result_width // 8].reshape(len(data), form.result_beats, -1)
        return unpack_results(beats, form.values_per_beat, form.value_bits, form.signed_values), timings

    def close(self) -> None:
        """Give everything back."""
        self.transport.close()

    def _elements(self, images: NDArray[np.uint8]) -> NDArray[np.int32]:
        shape = self.description.shape
        if images.dtype != np.uint8:
            raise DriverError(f"{self.description.net}: pixels are {images.dtype}, must be uint8 (0 to 255)")
        if images.shape == shape:
            images = images[None]
        if images.shape[1:] != shape or not len(images):
            raise DriverError(f"{self.description.net}: images have shape {images.shape}, the network takes"
                              f" {('n', *shape)}; driver.read_image resizes")
        return self.description.table[images].reshape(len(images), -1)

    def __enter__(self) -> Accelerator:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()


# What a wrong word means, and what to do.
_REASONS = {
    "map_version": "its registers are of another version; generate bitstream and accelerator.json again, together",
    "version": "another version of the generator made it; generate bitstream and accelerator.json again, together",
    "network": "it is another network; load the bitstream of this one",
    "parameters": "it has other weights; load the bitstream that was made with this accelerator.json",
    "folding": "it is folded in another way; load the bitstream that was made with this accelerator.json",
}


def _check_identity(description: Description, words: object) -> None:
    assert isinstance(words, list | tuple)
    found = dict(zip(description.identity, words, strict=False))
    if found.get("magic") != MAGIC:
        raise WrongHardwareError(f"{description.net}: no accelerator answers (first word {found.get('magic', 0):#010x},"
                                 f" not {MAGIC:#010x}); is the bitstream loaded, and the address right?")
    for name, expected in description.identity.items():
        if found.get(name) != expected:
            reason = _REASONS.get(name, "load the bitstream that was made with this accelerator.json")
            raise WrongHardwareError(f"{description.net}: the hardware's {name} is {found.get(name, 0):#010x},"
                                     f" accelerator.json says {expected:#010x}: {reason}")
