"""Dropout whose masks come from a private generator, so that a resumed step draws the same ones."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Dropout(nn.Module):
    """Dropout with a named random stream instead of the global one.

    Parameters
    ----------
    rate
        Probability of dropping.
    per_sample
        Drop all features of a sample together instead of each on its own.
    rescale
        Divide what is kept by the probability of keeping it.
    """

    def __init__(self, rate: float, *, per_sample: bool = False, rescale: bool = True) -> None:
        super().__init__()
        self.gain = 1.0 / (1.0 - rate) if rescale else 1.0
        self.rate = rate
        self.per_sample = per_sample
        self.generator: torch.Generator | None = None

    def forward(self, x: Tensor) -> Tensor:
        """Zero a share ``rate`` of ``x`` while training, and scale the rest up.

        Raises
        ------
        RuntimeError
            If training without a generator: masks must never come from the global stream.
        """
        if not self.training or self.rate == 0.0:
            return x
        if self.generator is None:
            raise RuntimeError("dropout needs a generator: call seed_dropout before each step")
        shape = (x.shape[0],) + (1,) * (x.ndim - 1) if self.per_sample else x.shape
        mask = x.new_empty(shape).bernoulli_(1.0 - self.rate, generator=self.generator)
        return x * (mask * self.gain)


def seed_dropout(model: nn.Module, seed: int) -> None:
    """Give all dropout of ``model`` one generator that starts at ``seed``."""
    device = next(model.parameters()).device
    generator = torch.Generator(device=device).manual_seed(seed)
    for module in model.modules():
        if isinstance(module, Dropout):
            module.generator = generator
