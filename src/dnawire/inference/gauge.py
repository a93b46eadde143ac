"""The sign of an orbital is a convention: comparing two Hamiltonians means choosing it alike."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def align_signs(
    hamiltonian: NDArray[np.float64], reference: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Change the signs of orbitals until the hoppings agree with those of a reference.

    No spectrum depends on these signs, so that training cannot know them. They are chosen along
    the strongest common hoppings, one after the other; what differs afterwards differs in physics.

    Parameters
    ----------
    hamiltonian
        Symmetric matrix in eV, (N, N).
    reference
        What to compare it with, of the same shape and order.

    Returns
    -------
    ndarray
        S H S with S diagonal, of entries +1 and -1.
    """
    agreement = hamiltonian * reference
    np.fill_diagonal(agreement, 0.0)
    signs = np.ones(len(agreement))
    chosen = np.arange(len(agreement)) == 0
    while not chosen.all():
        strength = np.abs(agreement) * np.outer(chosen, ~chosen)
        known, new = np.unravel_index(int(strength.argmax()), strength.shape)
        if strength[known, new] == 0.0:
            new = np.intp(np.argmin(chosen))
        elif agreement[known, new] < 0.0:
            signs[new] = -signs[known]
        else:
            signs[new] = signs[known]
        chosen[new] = True
    return signs[:, None] * hamiltonian * signs
