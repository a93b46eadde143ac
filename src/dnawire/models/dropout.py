"""Dropout whose masks come from a private generator, so that a resumed step draws the same ones."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Dropout(nn.Module):
    """Inverted dropout with a named random stream instead of the global one.

    What is dropped is a feature of a duplex, in all its sites together: one draw per duplex and
    feature is cheap, and neighbors cannot fill in for each other.

    Parameters
    ----------
    rate
        Probability of dropping.
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate
        self.generator: torch.Generator | None = None

    def forward(self, x: Tensor) -> Tensor:
        """Zero a share ``rate`` of the features of ``x`` (B, F) in training, scale the rest.

        Raises
        ------
        RuntimeError
            If training without a generator: masks must never come from the global stream.
        """
        if not self.training or self.rate == 0.0:
            return x
        return x * self.factors(x, tuple(x.shape))

    def factors(self, like: Tensor, shape: tuple[int, ...]) -> Tensor:
        """Zeros with probability ``rate``, else what keeps the mean at one."""
        return self.draw(like, shape).div_(1.0 - self.rate)

    def draw(self, like: Tensor, shape: tuple[int, ...]) -> Tensor:
        """Ones and, with probability ``rate``, zeros."""
        if self.generator is None:
            raise RuntimeError("dropout needs a generator: call seed_dropout before each step")
        return like.new_empty(shape).bernoulli_(1.0 - self.rate, generator=self.generator)


def seed_dropout(model: nn.Module, seed: int) -> None:
    """Give all dropout of ``model`` one generator that starts at ``seed``."""
    device = next(model.parameters()).device
    generator = torch.Generator(device=device).manual_seed(seed)
    for module in model.modules():
        if isinstance(module, Dropout):
            module.generator = generator
