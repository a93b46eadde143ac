"""Layer norm of rows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import layer_norm

from dnawire.operators import _row_kernels as kernels
from dnawire.operators.operator import array, is_single, operator, tensors_of


def _kernel(
    x: Tensor, scale: Tensor, shift: Tensor
) -> tuple[Tensor, Callable[[Tensor], tuple[Tensor, ...]]]:
    rows, factors = array(x), array(scale)

    def adjoint(gradient: Tensor) -> tuple[Tensor, ...]:
        by_x = np.zeros_like(rows)
        found = kernels.normalize_adjoint(array(gradient), rows, factors, by_x)
        return tensors_of((by_x, *found))

    return torch.from_numpy(kernels.normalize(rows, factors, array(shift))), adjoint


@operator(_kernel, ("x", "scale", "shift"), lambda x, *_: is_single(x))
def row_norm(
    x: Float[Tensor, "rows F"], scale: Float[Tensor, " F"], shift: Float[Tensor, " F"]
) -> Float[Tensor, "rows F"]:
    """Every row with mean zero and deviation one, times ``scale``, plus ``shift``."""
    return layer_norm(x, x.shape[1:], scale, shift)
