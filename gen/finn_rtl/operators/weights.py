"""What the operators with a matrix of weights have in common."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace
from typing import Annotated, Any, ClassVar, get_args

from pydantic import BeforeValidator, Field, StrictInt

from finn_rtl.common.integers import Accumulator, IntegerLayer
from finn_rtl.common.maps import Map
from finn_rtl.ips.arithmetic import fits_serial, is_summed, most_simd
from finn_rtl.ips.base import Ip, Products
from finn_rtl.ips.border import Border
from finn_rtl.ips.matrix import Matrix
from finn_rtl.ips.multiplied import can_multiply, is_multiplied
from finn_rtl.ips.mvtu import MOST_SLICES, SUM_BITS, Mvtu
from finn_rtl.ips.mvtu_stream import MvtuStream, SumThreshold, leaves_scores, sums_map
from finn_rtl.ips.mvtu_unfolded import MvtuUnfolded
from finn_rtl.ips.products import Operands
from finn_rtl.ips.rams import LOAD_BITS
from finn_rtl.ips.requant import Requant, fitted_requant
from finn_rtl.ips.requant_fit import RequantFit
from finn_rtl.operators.base import Operator, no_hardware, quantized_map
from finn_rtl.operators.schema import MOST_SUM_BITS, Activate, Fold, Quantizer, Requantized, WeightKind, WeightsOf

# Beyond these a layer's weights no longer fit any device: a typing error, most likely.
MOST_UNITS = 65_536
# The rule of mvtu, which computes in 32 bits.
MOST_WEIGHTS = 1 << 30


def _products(value: Any) -> Any:
    if value is None or value not in get_args(Products):
        raise ValueError("must be 'lut', 'dsp' or 'serial'")
    return value


class Weights(Operator):
    """A matrix of weights.

    `activation`: "sign" binarizes its output, "none" leaves the scores, a quantizer makes levels of them. `bias`: a
    two's complement number of so many bits is added to each score. `arithmetic` says how hardware computes its
    products, which changes no result; None: in LUTs or multipliers, where it is cheaper.
    """

    weights: WeightsOf = WeightKind(bits=1)
    activation: Activate
    bias: Annotated[StrictInt, Field(ge=1, le=MOST_SUM_BITS)] | None = None
    arithmetic: Annotated[Products | None, BeforeValidator(_products)] = None
    has_parameters: ClassVar[bool] = True
    is_folded: ClassVar[bool] = True

    @property
    @abstractmethod
    def rows(self) -> int:
        """Rows of the matrix."""

    @abstractmethod
    def columns(self, ifm: Map) -> int:
        """Columns of the matrix."""

    @property
    def row_groups(self) -> int:
        """Groups of rows, each with inputs of its own, as many as there are columns."""
        return 1

    @property
    def leaves_scores(self) -> bool:
        return self.activation == "none"

    @property
    def quantizer(self) -> Quantizer | None:
        """Its activation, where that is one of several levels."""
        return self.activation if isinstance(self.activation, Quantizer) else None

    def zeros(self, ifm: Map) -> Border | None:
        """Where inputs that are 0 stand beside those of a bipolar map; None where there are none."""
        return None

    def sums(self, ifm: Map) -> Accumulator:
        """Its accumulators."""
        return Accumulator(self.columns(ifm), ifm, self.weights.bits, self.weights.narrow,
                           self.zeros(ifm) is not None, self.bias or 0)

    def check_fold(self, fold: Fold, *ifms: Map) -> None:
        inputs = self.columns(ifms[0])
        if inputs % fold.simd:
            raise ValueError(f"layer {self.name!r}: simd {fold.simd}: must divide its {inputs} inputs")
        if self.exceeds_sums(ifms[0], fold.simd):
            kind = self.operands(ifms[0])
            why = "with such weights, or their sum has too many bits"
            what = f"at most {most_simd(kind)} {'where inputs are binary' if kind.counts_places else why}"
            raise ValueError(f"layer {self.name!r}: simd {fold.simd}: must be {what}")
        if self.rows % fold.pe:
            raise ValueError(f"layer {self.name!r}: pe {fold.pe}: must divide its {self.rows} units")
        if not self.loads(fold.simd, fold.pe):
            raise ValueError(f"layer {self.name!r}: simd {fold.simd}, pe {fold.pe}: words of changeable weights have at"
                             f" most {MOST_SLICES * LOAD_BITS} bits; choose a smaller one")
        if not self.computes(ifms[0], fold.simd, fold.pe):
            raise ValueError(f"layer {self.name!r}: simd {fold.simd}, pe {fold.pe}: multipliers do not take them with"
                             f" weights of {self.weights.bits} bits and inputs of {ifms[0].bits} (arithmetic 'dsp'):"
                             " products that stand alone in one must have 9 bits, and sums at most 24; choose others")
        if fold.window and not self.window_channels(ifms[0], fold.simd):
            raise ValueError(f"layer {self.name!r}: simd {fold.simd} in whole windows: must be the kernel's size (more"
                             " than 1) times a divisor of the map's channels, and the padding less than the kernel")
        if fold.pixels > 1:
            self.check_pixels(fold, ifms[0])
        if fold.reuse:
            self.check_reuse(fold, ifms[0])

    def check_reuse(self, fold: Fold, ifm: Map) -> None:
        """Raise ValueError unless its weights can come from DRAM, and each word be used for so many vectors."""
        what = f"layer {self.name!r}: reuse {fold.reuse}:"
        if (why := self.why_on_chip(ifm)) is not None:
            raise ValueError(f"{what} its weights cannot come from DRAM: {why}")
        if fold.pixels > 1:
            raise ValueError(f"{what} a layer with weights from DRAM takes one pixel a beat; leave one of them out")
        if fold.pe == self.rows:
            raise ValueError(f"{what} with weights from DRAM pe must be less than its {self.rows} units; choose a"
                             " smaller one")
        if (vectors := self.output(ifm).pixels) % fold.reuse:
            raise ValueError(f"{what} must divide the {vectors} vectors of a frame")

    def why_on_chip(self, ifm: Map) -> str | None:
        """Why its weights cannot come from DRAM; None where they can."""
        if self.banks:
            return "changeable parameters are in memories on chip; choose one of the two"
        if self.arithmetic in ("dsp", "serial"):
            return f"its products are computed in LUTs then, and arithmetic is {self.arithmetic!r}; leave that out"
        if self.row_groups > 1:
            return f"it has {self.row_groups} groups, and rows of a matrix from DRAM see all inputs"
        if self.zeros(ifm) is not None:
            return "its border of 0 around -1/+1 is told by where sums start, and these start at 0"
        if self.quantizer is not None and self.quantizer.hardware == "requant":
            return "hardware 'requant' does not take its sums; leave that out"
        if self.rows == 1:
            return "it has a single unit, and must have several"
        if self.leaves_scores and (self.bias is not None or not leaves_scores(self.columns(ifm), self.operands(ifm))):
            return ("its scores leave, which must be sums of inputs and weights that are -1/+1, without a bias, over a"
                    " number of inputs that is not 1 less than a power of two")
        return None

    def check_pixels(self, fold: Fold, ifm: Map) -> None:
        """Raise ValueError unless it takes so many pixels a beat."""
        raise ValueError(f"layer {self.name!r}: pixels {fold.pixels}: only a convolution takes several pixels a beat;"
                         " leave it out")

    def lanes(self, fold: Fold) -> int:
        """Vectors that it computes at once."""
        return 1

    def window_channels(self, ifm: Map, simd: int) -> int:
        """Channels of each pixel in a beat of whole windows that carries `simd` elements; 0 where none is possible."""
        return 0

    def operands(self, ifm: Map) -> Operands:
        """What its inputs and weights are."""
        return Operands(ifm.bits, self.weights.bits, ifm.signed, self.weights.narrow, not ifm.unipolar,
                        self.arithmetic == "serial")

    def exceeds_sums(self, ifm: Map, simd: int) -> bool:
        """Whether so many inputs are more than a row can add up at once."""
        return not is_summed(simd, self.operands(ifm))

    def computes(self, ifm: Map, simd: int, pe: int) -> bool:
        """Whether the arithmetic that is asked for takes a folding, and a load its words."""
        return self.loads(simd, pe) and (self.arithmetic != "dsp" or can_multiply(self.operands(ifm), simd, pe))

    def loads(self, simd: int, pe: int) -> bool:
        """Whether its words of weights have few enough slices to be loaded, if they are."""
        bits = simd * pe * (1 if self.arithmetic == "serial" else self.weights.bits)
        return not self.banks or bits <= MOST_SLICES * LOAD_BITS

    def scores(self, height: int, width: int, ifm: Map) -> Map:
        """The map of its results.

        Raises:
            ValueError: more inputs than sums are computed with.
        """
        sums = self.sums(ifm)
        if self.arithmetic == "dsp" and not is_multiplied(self.operands(ifm)):
            raise ValueError(f"arithmetic 'dsp': weights of {self.weights.bits} bits and inputs of {ifm.bits}: both"
                             " must have 2 to 8; leave it out, or write 'lut'")
        if self.arithmetic == "serial" and not fits_serial(self.operands(ifm)):
            raise ValueError(f"arithmetic 'serial': weights of {self.weights.bits} bits and inputs of {ifm.bits}: both"
                             " must have at most 8, and one more than 1; leave it out, or write 'lut'")
        if self.bias is not None and not self.leaves_scores:
            raise ValueError(f"bias {self.bias}: is for scores that leave, of activation 'none'; of others it is among"
                             " the parameters alone: leave it out")
        most = 1 << SUM_BITS - ifm.bits if ifm.bits < SUM_BITS else 0
        if sums.inputs >= most:
            raise ValueError(f"{sums.inputs} inputs of {ifm.bits} bits: must be fewer than {most}; make the map"
                             " in front of it smaller, or its numbers")
        if self.rows * sums.inputs > MOST_WEIGHTS:
            raise ValueError(f"{self.rows} units of {sums.inputs} inputs are {self.rows * sums.inputs}"
                             f" weights: at most {MOST_WEIGHTS} are supported")
        if sums.bits > MOST_SUM_BITS:
            raise ValueError(f"{sums.inputs} inputs of {ifm.bits} bits times weights of {self.weights.bits} bits come"
                             f" to sums of {sums.bits} bits: at most {MOST_SUM_BITS} are supported; make the map in"
                             " front of it smaller, or its numbers")
        if self.activation == "none":
            return Map(height, width, self.rows, max(2, sums.bits), not sums.is_popcount, (sums.low, sums.high))
        return quantized_map(height, width, self.rows, self.quantizer)

    def check_hardware(self, ifm: Map) -> None:
        """Raise FinnError unless hardware is there for what it computes."""
        # The rule of mvtu, which computes the widths of sums in 32 bits.
        inputs, bits = self.columns(ifm), self.weights.bits
        if bits > 1 and inputs >= 1 << SUM_BITS + 1 - ifm.bits - bits:
            raise no_hardware(self.name, f"{inputs} inputs of {ifm.bits} bits times weights of {bits}")

    def matrix(self, ifm: Map, fold: Fold, window: int = 1) -> Matrix:
        """Its matrix; `window` pixels of a window come together.

        Raises:
            FinnError: there is no hardware for it.
        """
        self.check_hardware(ifm)
        ofm, columns = self.output(ifm), self.columns(ifm)
        bits = 0 if self.activation == "none" or isinstance(fold, Requantized) else ofm.bits
        signed = ofm.signed and bits > 0
        border = self.zeros(ifm)
        whole = self.unfolded(ifm, bits, window) if (fold.simd, fold.pe) == (columns, self.rows) else None
        if whole is not None:
            return replace(whole, lanes=self.lanes(fold), row=ofm.width, pixels=fold.pixels)
        return Mvtu(self.name, columns, self.rows, fold.simd, fold.pe, (1 << bits) - 1, ofm.pixels, ifm.bits,
                    ifm.signed, window, not ifm.unipolar, self.weights.bits, self.weights.narrow, signed,
                    self.bias or 0, border, products=self.arithmetic, groups=self.row_groups, banks=self.banks)

    def unfolded(self, ifm: Map, bits: int, window: int) -> MvtuUnfolded | None:
        """Its whole matrix as constants, whose results have `bits` bits, 0: sums; None where there is no room."""
        groups, ofm = self.row_groups, self.output(ifm)
        # The matrix of all inputs has weights of 0 where rows have inputs of their own, and -1/+1 are none.
        has_zeros = groups > 1 and self.weights.bits == 1
        # Constants do not know the window's place, nor do they change.
        if self.banks or self.arithmetic in ("dsp", "serial") or has_zeros or self.zeros(ifm) is not None:
            return None
        inputs = self.columns(ifm) * groups
        whole = MvtuUnfolded(self.name, inputs, self.rows, inputs, self.rows, (1 << bits) - 1, ofm.pixels, ifm.bits,
                             ifm.signed, window, not ifm.unipolar, self.weights.bits, self.weights.narrow,
                             ofm.signed and bits > 0, self.bias or 0, density=self.weights.density / groups,
                             groups=groups)
        return whole if whole.fits else None

    def _reach(self, ifm: Map) -> tuple[Map, tuple[int, int] | None]:
        """The map of its accumulators, and the range of its inputs, None where accumulators count places."""
        sums, ofm = self.sums(ifm), self.output(ifm)
        counts = sums.is_popcount
        return (Map(ofm.height, ofm.width, ofm.channels, sums.bits, not counts, (sums.low, sums.high)),
                None if counts else ifm.held)

    def fit(self, ifm: Map, layer: IntegerLayer) -> RequantFit | None:
        """Scales and offsets that give its levels for all sums that each of its rows can have, None without any."""
        return fitted_requant(layer, *self._reach(ifm))

    def without_fit(self, ifm: Map, layer: IntegerLayer) -> int | None:
        """The first row that has none by itself."""
        assert layer.thresholds is not None
        for row, thresholds in enumerate(layer.thresholds):
            alone = IntegerLayer(layer.weight[row:row + 1], thresholds[None], layer.falling[row:row + 1], layer.lowest)
            if self.fit(ifm, alone) is None:
                return row
        return None

    def streamed(self, ifm: Map, fold: Fold, window: int) -> tuple[Ip, ...]:
        """Its matrix with weights from DRAM, and the levels of its sums.

        Raises:
            FinnError: there is no hardware for it.
        """
        self.check_hardware(ifm)
        ofm, kind, columns = self.output(ifm), self.operands(ifm), self.columns(ifm)
        matrix = MvtuStream(self.name, columns, self.rows, fold.simd, fold.pe, 0, ofm.pixels, ifm.bits, ifm.signed,
                            window, not ifm.unipolar, self.weights.bits, self.weights.narrow, reuse=fold.reuse)
        if self.leaves_scores:
            return (matrix,)
        return matrix, SumThreshold(self.name, sums_map(ofm, columns, kind), fold.pe, ofm.bits, ofm.signed,
                                    operands=kind)

    def computed(self, ifm: Map, fold: Fold, window: int = 1) -> tuple[Ip, ...]:
        """Its matrix, and what makes levels of the sums behind it.

        Raises:
            FinnError: there is no hardware for it.
        """
        if fold.reuse:
            return self.streamed(ifm, fold, window)
        matrix = self.matrix(ifm, fold, window)
        if not isinstance(fold, Requantized):
            return (matrix,)
        assert self.quantizer is not None
        accumulators, values = self._reach(ifm)
        return matrix, Requant(self.name, accumulators, fold.pe, self.quantizer.bits, self.quantizer.range[0],
                               self.quantizer.levels, fold.shape, values,
                               products=None if self.arithmetic == "serial" else self.arithmetic)
