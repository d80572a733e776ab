"""What the operators that look at a map through a window have in common."""

from __future__ import annotations

from math import prod

from finn_rtl.common.maps import Map
from finn_rtl.operators.base import Operator
from finn_rtl.operators.schema import Pair

# Elements of a padded map, and of all its windows: beyond, the units cannot count the beats of a frame.
MOST_WINDOW_ELEMENTS = 1 << 34


class Windowed(Operator):
    """`kernel` is the window's height and width."""

    kernel: Pair

    def windows(self, ifm: Map, stride: tuple[int, int], padding: tuple[int, int, int, int]) -> tuple[int, int]:
        """Rows and columns of windows.

        Raises:
            ValueError: no window fits the map.
        """
        top, bottom, left, right = padding
        counts = []
        for axis, size, kernel, step, before, after in (
                ("height", ifm.height, self.kernel[0], stride[0], top, bottom),
                ("width", ifm.width, self.kernel[1], stride[1], left, right)):
            if max(before, after) >= kernel:
                raise ValueError(f"padding {max(before, after)}: must be less than the kernel's {axis} {kernel}")
            if kernel > size + before + after:
                padded = f"{size}" if not before + after else f"{size} + {before + after} of padding"
                raise ValueError(f"kernel {self.kernel[0]}x{self.kernel[1]}: its {axis} must be at most that of the"
                                 f" map in front of it, {padded} (map {ifm})")
            counts.append((size + before + after - kernel) // step + 1)
        frame = (ifm.height + top + bottom) * (ifm.width + left + right) * ifm.channels
        for what, size in (("padded map", frame), ("windows", prod(counts) * prod(self.kernel) * ifm.channels)):
            if size > MOST_WINDOW_ELEMENTS:
                raise ValueError(f"its {what} would have {size} elements a frame: at most {MOST_WINDOW_ELEMENTS} are"
                                 " supported")
        return counts[0], counts[1]
