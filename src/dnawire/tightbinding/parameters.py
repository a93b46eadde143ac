"""Tight-binding parameters of the DNA ladder."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dnawire.junction import DNA, Alphabet


@dataclass(frozen=True, eq=False)
class ParameterSet:
    """Tight-binding parameters of the DNA ladder, one orbital per base, energies in eV.

    Tables are indexed by base code (A=0, C=1, G=2, T=3, further letters of the set from 5 on; what
    is at 4, the code of a missing base, is zero) and read-only.

    Parameters
    ----------
    name, title
        Short name, and a line that says what the set is.
    doi
        Papers that the values come from.
    verification
        How far the values were checked against these papers.
    carrier
        ``"hole"`` or ``"electron"``.
    sign_convention
        Meaning of the signs of energies and couplings.
    energy_window
        Default lowest and highest energy of generated spectra in eV.
    onsite
        On-site energies, shape (K,): K is 4, or the number of letters of the alphabet if it has
        more than those of DNA.
    stacking
        Coupling of the step 5'-X-Y-3' on its own strand, shape (K, K), index [X, Y].
    pairing
        Coupling inside a base pair, shape (K, K), symmetric, 0 for ``unlisted_pairs``.
    diagonal_five
        Coupling r+ between the bases at the two 5' ends of a step, shape (K, K), symmetric.
    diagonal_three
        Coupling r- between the bases at the two 3' ends of a step, shape (K, K), symmetric.
    digest
        SHA-256 of the five tables, the name and the letters beside those of DNA.
    unlisted_pairs
        Pairs of letters, each sorted, that the set gives no ``pairing`` for: mismatches, which then
        do not couple. Results say so wherever a duplex has one.
    alphabet
        Letters that the set has numbers for.
    file
        File that a set of one's own was read from, and the SHA-256 of its bytes; None for those of
        this package.
    """

    name: str
    title: str
    doi: tuple[str, ...]
    verification: str
    carrier: str
    sign_convention: str
    energy_window: tuple[float, float]
    onsite: NDArray[np.float64]
    stacking: NDArray[np.float64]
    pairing: NDArray[np.float64]
    diagonal_five: NDArray[np.float64]
    diagonal_three: NDArray[np.float64]
    digest: str
    unlisted_pairs: frozenset[str] = frozenset()
    alphabet: Alphabet = DNA
    file: tuple[str, str] | None = None

    @property
    def label(self) -> str:
        """Name, with the file of a set of one's own and the beginning of its digest."""
        if self.file is None:
            return self.name
        path, digest = self.file
        return f"{self.name} ({path}, SHA-256 {digest[:12]})"
