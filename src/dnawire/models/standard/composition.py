"""The linear start: ridge regression on what is known of a junction without its network."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor


def ridge_weights(
    features: Float[Tensor, "N K"], targets: Float[Tensor, "N E"], penalty: float
) -> Float[Tensor, "K E"]:
    """Weights of ridge regression; records whose targets are not finite are left out."""
    known = targets.isfinite().all(1)
    x, y = features[known], targets[known]
    regular = penalty * torch.eye(x.shape[1], dtype=x.dtype, device=x.device)
    weights: Tensor = torch.linalg.solve(x.T @ x + regular, x.T @ y)
    return weights
