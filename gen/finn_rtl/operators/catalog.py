"""All operators."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from finn_rtl.operators.activation import Activation
from finn_rtl.operators.add import Add
from finn_rtl.operators.concat import Concat
from finn_rtl.operators.conv import Convolution
from finn_rtl.operators.depth_to_space import DepthToSpace
from finn_rtl.operators.fc import FullyConnected
from finn_rtl.operators.maxpool import MaxPool
from finn_rtl.operators.sumpool import SumPool
from finn_rtl.operators.upsample import Upsample

Layer = Annotated[FullyConnected | Convolution | MaxPool | Add | Activation | Upsample | SumPool | Concat
                  | DepthToSpace,
                  Field(discriminator="type")]
#: What a topology writes as the type of a layer.
TYPES = ("fc", "conv", "maxpool", "add", "activation", "upsample", "sumpool", "concat", "depth_to_space")
