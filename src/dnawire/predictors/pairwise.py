"""Exact transport where a block of H knows its own base pairs alone: the work is shared."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dnawire.junction import Contact
from dnawire.predictors.predictor import HamiltonianPredictor
from dnawire.transport import BlockTables, mean_log10_transmission


class PairwisePredictor(HamiltonianPredictor):
    """Exact transport through Hamiltonians of a parameter set.

    A diagonal block depends on its base pair, and a step on its two pairs, wherever they are; the
    source must be so. Parameters are those of `HamiltonianPredictor`.
    """

    def mean_log10_transmission(
        self,
        codes: NDArray[np.int8],
        contacts: tuple[Contact, Contact],
        energies: ArrayLike,
        eta: float,
    ) -> NDArray[np.float64]:
        """Mean over energies of log10 T of many duplexes of one length, (B,).

        Several times as fast as `totals` where a duplex begins like the one before it.

        Parameters
        ----------
        codes
            Base codes, (B, L, 2).
        contacts
            Left and right contact, at bases that no duplex misses.
        energies
            In eV, (E,).
        eta
            Imaginary part of the energy in eV.

        Raises
        ------
        UsageError
            If the energies are no grid or eta is impossible.
        """
        grid, width = self.conditions.asked(energies, eta)
        left, right = (contact.ladder_gamma(codes.shape[1]) for contact in contacts)
        # A product of two codes exceeds their own type where there are many letters.
        kinds = codes[..., 0] * np.int16(self._num_letters) + codes[..., 1]
        return mean_log10_transmission(self._tables, kinds, left, right, grid, eta=width)

    @property
    def _num_letters(self) -> int:
        return len(self.conditions.alphabet.letters)

    @cached_property
    def _tables(self) -> BlockTables:
        """Blocks by kinds of pairs, taken from all duplexes of two pairs."""
        letters, kinds = self._num_letters, self._num_letters**2
        pairs = np.stack(np.divmod(np.arange(kinds), letters), axis=1).astype(np.int8)
        both = np.stack(np.broadcast_arrays(pairs[:, None], pairs), axis=2)
        blocks = self._source(both.reshape(-1, 2, 2))
        return BlockTables(
            diagonal=blocks.diagonal[::kinds, 0],
            step=blocks.step.reshape(kinds, kinds, 2, 2),
            present=blocks.mask[::kinds, 0],
        )
