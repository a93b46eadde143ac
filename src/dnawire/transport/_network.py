"""Networks of conductances between terminals, and what is left of them without the probes.

A conductance is a number, or a symmetric matrix that relates currents of charge and heat to the
potentials and temperatures of two terminals.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]


def without_probes(couplings: Doubles) -> tuple[Doubles, Doubles]:
    """Take all terminals but the first two out of networks.

    Each probe is replaced by conductances between its neighbors, ``K_ab + K_ap S^-1 K_pb`` with
    ``S`` the sum of those of the probe: positive terms only, nothing is subtracted.

    Parameters
    ----------
    couplings
        K_ab of terminals a and b, (..., M, M, d, d); the diagonal a = b has no meaning.

    Returns
    -------
    tuple
        K between the first two terminals, (..., d, d), and what the state of the first one makes of
        that of each probe, where that of the second one is zero, (..., M - 2, d, d).
    """
    network = couplings.copy()
    probes = network.shape[-4] - 2
    shares = np.zeros_like(network[..., 2:, :, :, :])
    for p in range(probes + 1, 1, -1):
        toward = network[..., p, :p, :, :]
        share = _inverse(toward.sum(-3))[..., None, :, :] @ toward
        shares[..., p - 2, :p, :, :] = share
        away = network[..., :p, p, :, :]
        network[..., :p, :p, :, :] += away[..., :, None, :, :] @ share[..., None, :, :, :]
    states = np.zeros_like(shares[..., 0, :, :])
    for p in range(probes):
        state = shares[..., p, 0, :, :]
        for q in range(p):
            state = state + shares[..., p, 2 + q, :, :] @ states[..., q, :, :]
        states[..., p, :, :] = state
    return network[..., 0, 1, :, :], states


def _inverse(matrices: NDArray[Any]) -> Doubles:
    """Inverse of positive matrices (..., d, d); zero where a probe is coupled to nothing."""
    scale = np.einsum("...ii->...", matrices)
    coupled = scale > 0.0
    safe = np.where(coupled[..., None, None], matrices, np.eye(matrices.shape[-1]))
    found: Doubles = np.where(coupled[..., None, None], np.linalg.inv(safe), 0.0)
    return found
