"""label_select: the class with the largest score, or several classes in the order of theirs."""

from __future__ import annotations

from dataclasses import dataclass

from finn_rtl.common.numbers import index_bits
from finn_rtl.ips.base import Control, Cost, Element, Ip, Kind, Parameters, Stream
from finn_rtl.ips.rules import Rules, divides, within


@dataclass(frozen=True)
class LabelSelect(Ip):
    """Over the scores of the last layer, `pe` a beat; of several `labels` one."""

    classes: int
    pe: int
    score_width: int
    signed: bool = False
    labels: int = 1

    @property
    def name(self) -> str:
        return "label"

    @property
    def module(self) -> str:
        return "label_select"

    @property
    def beats(self) -> int:
        """Beats of the scores."""
        return self.classes // self.pe

    @property
    def inputs(self) -> tuple[Stream, ...]:
        return (Stream(self.pe * self.score_width, self.beats, "s_axis"),)

    @property
    def outputs(self) -> tuple[Stream, ...]:
        return (Stream(self.labels * index_bits(self.classes), 1, "m_axis"),)

    @property
    def frame_cycles(self) -> int:
        return self.beats

    @property
    def rounds(self) -> int:
        """Comparisons one behind the other among the scores of a beat."""
        return (self.pe - 1).bit_length()

    @property
    def frames_held(self) -> int:
        # All scores in a beat: a frame in the register behind every round, and two in the output's.
        return self.rounds + 2 if self.beats == 1 else 3

    @property
    def control(self) -> tuple[Control, ...]:
        if self.beats == 1:
            return (Control(Kind.PIPE, (self.rounds - 1, 1, 0, 1, 1, 1, 1, 1)),)
        return (Control(Kind.LABEL, (self.beats, self.rounds)),)

    @property
    def cost(self) -> Cost:
        # A tournament of PE scores, then the winner against the best of the beats before.
        lut = (self.pe - 1) * (3.7 + 1.49 * self.score_width)
        if self.classes > self.pe:
            lut += 4.5 + 0.88 * self.score_width + 2.9 * index_bits(self.beats)
        # Each further label: a comparison, and what moves down a place.
        lut += (self.labels - 1) * (1.86 * self.score_width + 1.9 * index_bits(self.classes))
        return Cost(lut)

    @property
    def element(self) -> Element | None:
        bits = index_bits(self.classes)
        return Element(bits, bits, False)

    @property
    def marks_last(self) -> bool:
        return False

    @property
    def limit(self) -> str:
        return "label selection"

    def parameters(self, net: str) -> Parameters:
        parameters: Parameters = {"CLASSES": self.classes, "PE": self.pe, "SCORE_W": self.score_width}
        if self.signed:
            parameters["SIGNED_SCORES"] = 1
        if self.labels > 1:
            parameters["LABELS"] = self.labels
        return parameters


DEFAULTS = {"LABELS": 1}
RULES: Rules = {
    "check_classes": within("CLASSES", 2), "check_pe": divides("PE", "CLASSES"), "check_score": within("SCORE_W", 1),
    "check_labels": lambda p: 1 <= p["LABELS"] <= p["CLASSES"],
    "check_single": lambda p: p["LABELS"] <= 1 or p["PE"] == 1}
