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
        self.others = (0, 0)

    def factors(self, like: Tensor, shape: tuple[int, ...], axis: int = 0) -> Tensor:
        """Zeros with probability ``rate``, else what keeps the mean at one; see `draw`."""
        return self.draw(like, shape, axis).div_(1.0 - self.rate)

    def seed(self, seed: int, device: torch.device, others: tuple[int, int] = (0, 0)) -> None:
        """Start the random stream of the next step.

        Parameters
        ----------
        seed
            Of the step.
        device
            Where the model is.
        others
            Numbers of duplexes of the batch before and after those at hand. Their masks are drawn
            too, so that a duplex gets the same one however a batch is divided among processes.
        """
        self.generator = torch.Generator(device=device).manual_seed(seed)
        self.others = others

    def draw(self, like: Tensor, shape: tuple[int, ...], axis: int = 0) -> Tensor:
        """Ones and, with probability ``rate``, zeros; ``axis`` is that of the duplexes."""
        if self.generator is None:
            raise RuntimeError("dropout needs a generator: call `seed` before each step")
        before, after = self.others
        whole = list(shape)
        whole[axis] += before + after
        mask = like.new_empty(whole).bernoulli_(1.0 - self.rate, generator=self.generator)
        return mask.narrow(axis, before, shape[axis]).contiguous()
