"""An accelerator as a user sees it: images in, labels out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from finn_rtl.driver.boxes import Box, find_boxes
from finn_rtl.driver.description import MAGIC, Description
from finn_rtl.driver.errors import DriverError, WrongHardwareError
from finn_rtl.driver.sets import ParameterSet, read_set
from finn_rtl.driver.stream import pack_frames, unpack_results
from finn_rtl.driver.transport import JobTiming, LoadTiming, Transport


@dataclass(frozen=True)
class Classification:
    """Labels int64 (n,), their names, scores int64 (n, classes) if the hardware gives them, and what was measured.

    `ranking` int64 (n, labels): all labels that the hardware tells, in the order of their scores; None of scores.
    """

    labels: NDArray[np.int64]
    names: tuple[str, ...]
    scores: NDArray[np.int64] | None
    timings: tuple[JobTiming, ...]
    ranking: NDArray[np.int64] | None = None


@dataclass(frozen=True)
class Detection:
    """The boxes of each picture, the surest first, and what was measured."""

    boxes: tuple[tuple[Box, ...], ...]
    timings: tuple[JobTiming, ...]


class Accelerator:
    """A network in hardware, opened and identified. To be closed, or used in a `with` statement.

    Raises:
        WrongHardwareError: what answers is another network, other weights, another folding, or no accelerator.
        DriverError: hardware that reads weights from memory cannot have them there.
    """

    def __init__(self, description: Description, transport: Transport) -> None:
        self.description = description
        self.transport = transport
        self._is_closed = False
        # Results of a set that somebody else loaded would be taken for those of another.
        self._has_own_set = True
        try:
            _check_identity(description, transport.identity())
            transport.prepare()
            self._has_own_set = transport.loaded() in (None, description.identity.get("parameters"))
        except BaseException:
            transport.close()
            raise

    def load(self, source: str | Path | ParameterSet) -> LoadTiming:
        """Give the hardware other parameters: those of a file that finn-rtl pack wrote.

        All frames after it are computed with them; the names of classes and what pixels mean are theirs, too. Where it
        fails, hardware of two banks computes on with those before, of one bank with none until a set has been loaded.

        Args:
            source: the file, or what driver.read_set read.

        Raises:
            DriverError: no such file, a set for other hardware, or hardware that failed.
        """
        if self._is_closed:
            raise DriverError(f"{self.description.net}: the accelerator is closed; open it again")
        parameters = source if isinstance(source, ParameterSet) else read_set(Path(source))
        form = self.description
        if parameters.table.shape != form.table.shape or len(parameters.classes) != len(form.classes):
            raise WrongHardwareError(f"{form.net}: the set has {len(parameters.classes)} classes and"
                                     f" {parameters.table.shape[1]} elements a pixel, the hardware"
                                     f" {len(form.classes)} and {form.table.shape[1]}: it was made for another network")
        timing = self.transport.load(parameters.packet, parameters.signature)
        self.description = replace(form, classes=parameters.classes, table=parameters.table)
        self._has_own_set = True
        return timing

    def classify(self, images: ArrayLike, progress: Callable[[int], None] = lambda _: None) -> Classification:
        """Classify images uint8 (n, *shape) or one image (*shape).

        Args:
            images: pixels; a list of images too.
            progress: called with the number of frames just finished.

        Raises:
            DriverError: images of another shape or type, or hardware that failed; see driver.errors.
        """
        form = self.description
        if form.boxes is not None:
            raise DriverError(f"{form.net}: finds boxes, and tells no class of a whole picture; use detect")
        outputs, timings = self.run(self._elements(images), progress)
        labels = outputs[:, 0] if form.is_label else outputs.argmax(axis=1)
        names = tuple(form.class_name(int(label)) for label in labels)
        scores, ranking = (None, outputs) if form.is_label else (outputs, None)
        return Classification(labels, names, scores, tuple(timings), ranking)

    def detect(self, images: ArrayLike, progress: Callable[[int], None] = lambda _: None,
               threshold: float | None = None) -> Detection:
        """Find things in images uint8 (n, height, width[, channels]) or one image.

        Of boxes of a class that overlap, the surest one stays (driver.boxes).

        Args:
            images: pixels; a list of images too.
            progress: called with the number of frames just finished.
            threshold: boxes less sure than that are left out, 0 to 1; None: as the network says.

        Raises:
            DriverError: the network finds no boxes; or see classify.
        """
        form = self.description
        if form.boxes is None:
            raise DriverError(f"{form.net}: finds no boxes; classify tells classes")
        outputs, timings = self.run(self._elements(images), progress)
        height, width = form.shape[:2]
        found = (find_boxes(form.boxes, values, height, width, threshold) for values in outputs)
        return Detection(tuple(tuple(
            Box(left, top, right, bottom, int(label), form.class_name(int(label)), score)
            for left, top, right, bottom, label, score in rows.tolist()) for rows in found), tuple(timings))

    def run(self, elements: ArrayLike, progress: Callable[[int], None] = lambda _: None) -> \
            tuple[NDArray[np.int64], list[JobTiming]]:
        """Input elements, integers (n, elements), to results int64 (n, values), and what was measured.

        Elements of one bit are 0 for -1 and 1 for +1.

        Raises:
            DriverError: see classify.
        """
        form = self.description
        if self._is_closed:
            raise DriverError(f"{form.net}: the accelerator is closed; open it again")
        if not self._has_own_set:
            raise DriverError(f"{form.net}: the hardware holds a set of parameters that another program has loaded, not"
                              " that of accelerator.json; load one")
        stride = form.input_stride
        frames = pack_frames(self._checked(elements), form.element_bits, 8 * stride).reshape(-1, stride)
        data, timings = self.transport.run(frames, progress)
        beats = data[:, :form.result_beats * form.result_width // 8].reshape(len(data), form.result_beats, -1)
        return unpack_results(beats, form.values_per_beat, form.value_bits, form.signed_values), timings

    def close(self) -> None:
        """Give everything back; a second time does nothing."""
        if not self._is_closed:
            self._is_closed = True
            self.transport.close()

    def _array(self, values: ArrayLike, what: str) -> NDArray[Any]:
        try:
            return np.asarray(values)
        except (TypeError, ValueError):
            raise DriverError(f"{self.description.net}: {what} are no array: all must be of one shape") from None

    def _elements(self, images: ArrayLike) -> NDArray[np.int32]:
        shape = self.description.shape
        pixels = self._array(images, "images")
        if pixels.dtype != np.uint8:
            raise DriverError(f"{self.description.net}: pixels are {pixels.dtype}, must be uint8 (0 to 255)")
        if pixels.shape == shape:
            pixels = pixels[None]
        if pixels.shape[1:] != shape or not len(pixels):
            raise DriverError(f"{self.description.net}: images have shape {pixels.shape}, the network takes"
                              f" {('n', *shape)}; driver.read_image resizes")
        elements: NDArray[np.int32] = self.description.table[pixels].reshape(len(pixels), -1)
        return elements

    def _checked(self, values: ArrayLike) -> NDArray[np.int32]:
        form = self.description
        elements = self._array(values, "input elements")
        if elements.dtype.kind not in "iub":
            raise DriverError(f"{form.net}: input elements are {elements.dtype}, must be integers")
        if elements.ndim != 2 or elements.shape[1] != form.elements or not len(elements):
            raise DriverError(f"{form.net}: input elements have shape {elements.shape}, the network takes"
                              f" ('n', {form.elements})")
        low, high = form.element_range
        for value in (int(elements.min()), int(elements.max())):
            if not low <= value <= high:
                raise DriverError(f"{form.net}: input element {value}: must be {low} to {high}"
                                  + " (0 for -1, 1 for +1)" * (form.element_bits == 1))
        return elements.astype(np.int32)

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
