"""Layer norm of rows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import layer_norm

from dnawire.operators import _norm_kernels as kernels
from dnawire.operators.operator import flat, is_single, operator, tensor


def _kernel(
    x: Tensor, scale: Tensor, shift: Tensor
) -> tuple[Tensor, Callable[[Tensor], tuple[Tensor, ...]]]:
    arrays = flat(x), flat(scale)

    def adjoint(gradient: Tensor) -> tuple[Tensor, ...]:
        by_x = np.zeros_like(arrays[0])
        found = kernels.normalize_adjoint(flat(gradient), *arrays, by_x)
        return tensor(by_x, *x.shape), *map(torch.from_numpy, found)

    return tensor(kernels.normalize(*arrays, flat(shift)), *x.shape), adjoint


@operator(_kernel, ("x", "scale", "shift"), lambda x, *_: is_single(x))
def row_norm(
    x: Float[Tensor, "rows F"], scale: Float[Tensor, " F"], shift: Float[Tensor, " F"]
) -> Float[Tensor, "rows F"]:
    """Every row with mean zero and deviation one, times ``scale``, plus ``shift``."""
    return layer_norm(x, x.shape[1:], scale, shift)
