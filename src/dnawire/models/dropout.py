"""Dropout whose masks come from a private generator, so that a resumed step draws the same ones."""

from __future__ import annotations

import torch
from torch import Tensor


class Dropout:
    """Inverted dropout with a named random stream instead of the global one.

    What is dropped is a feature of a duplex, in all its sites together: one draw per duplex and
    feature is cheap, and neighbors cannot fill in for each other.

    Parameters
    ----------
    rate
        Probability of dropping.
    """

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self.generator: torch.Generator | None = None

    def factors(self, like: Tensor, shape: tuple[int, ...]) -> Tensor:
        """Zeros with probability ``rate``, else what keeps the mean at one."""
        return self.draw(like, shape).div_(1.0 - self.rate)

    def seed(self, seed: int, device: torch.device) -> None:
        """Start the random stream of the next step."""
        self.generator = torch.Generator(device=device).manual_seed(seed)

    def draw(self, like: Tensor, shape: tuple[int, ...]) -> Tensor:
        """Ones and, with probability ``rate``, zeros."""
        if self.generator is None:
            raise RuntimeError("dropout needs a generator: call `seed` before each step")
        return like.new_empty(shape).bernoulli_(1.0 - self.rate, generator=self.generator)
