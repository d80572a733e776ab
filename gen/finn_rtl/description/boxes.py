"""What the values of a detector's last map mean: key `boxes` of a topology."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from finn_rtl.common.maps import Map
from finn_rtl.common.schema import Model, Number
from finn_rtl.driver.boxes import HEAD, BoxForm

Share = Annotated[float, Field(strict=True, ge=0, le=1)]
MOST_ANCHORS = 64


class Boxes(Model):
    """Anchors are widths and heights in pixels of the picture, `step` is what a 1 of a value is worth; see BoxForm."""

    anchors: tuple[tuple[Number, Number], ...] = Field(min_length=1, max_length=MOST_ANCHORS)
    step: Number
    threshold: Share = 0.5
    overlap: Share = 0.45

    def classes(self, result: Map) -> int:
        """Classes that a last map has scores of.

        Raises:
            ValueError: it has none, or no whole number for each anchor.
        """
        each, rest = divmod(result.channels, len(self.anchors))
        if rest or each <= HEAD:
            raise ValueError(f"boxes: the last map has {result.channels} channels: must be as many for each of the"
                             f" {len(self.anchors)} anchors, {HEAD} and one for each class")
        return each - HEAD

    def form(self, result: Map) -> BoxForm:
        """What makes boxes of a last map."""
        return BoxForm(result.height, result.width, self.anchors, self.step, self.threshold, self.overlap)
