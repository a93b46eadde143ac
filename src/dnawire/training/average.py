"""Exponential moving average of the weights, which is validated and exported."""

from __future__ import annotations

import torch

from dnawire.models import PackedParameters, TransportModel


class WeightAverage:
    """A second model whose weights follow those of the first one.

    It is a model of its own rather than weights that are swapped in: a run that stops during
    validation finds both as they are.

    Parameters
    ----------
    model
        A copy of the model that is trained, on its device.
    decay
        Weight of the past in every step, between 0 and 1.

    References
    ----------
    B. T. Polyak and A. B. Juditsky, SIAM J. Control Optim. 30, 838 (1992), doi:10.1137/0330046.
    """

    def __init__(self, model: TransportModel, decay: float) -> None:
        self.model = model
        self.packed = model.pack()
        self._decay = decay

    def add(self, weights: PackedParameters) -> None:
        """Follow the weights of a step."""
        with torch.no_grad():
            for average, vector in zip(self.packed.vectors, weights.vectors, strict=True):
                average.lerp_(vector, 1.0 - self._decay)
