r"""Where carriers flow and dwell inside a junction: bonds, maps of the LDOS, eigenchannels.

All follow from :math:`A_L = G \Gamma_L G^\dagger`, the density (times 2 pi) of carriers that come
from the left contact. G is inverted whole, O(N^3) for every energy, for any Hamiltonian.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Complex, Float
from numpy.typing import NDArray

from dnawire.transport.junctions import BlockJunctions, DenseJunctions
from dnawire.transport.system import checked_grids

Doubles = NDArray[np.float64]
Complexes = NDArray[np.complexfloating[Any, Any]]


class InjectedDensities(NamedTuple):
    """LDOS in 1/eV of one spin by the contact that carriers come from, (B, N, E) each.

    N counts all orbitals, block by block for ladders. The sum of both is the LDOS.
    """

    from_left: Float[Doubles, "B N E"]
    from_right: Float[Doubles, "B N E"]


class Eigenchannels(NamedTuple):
    """Transmission eigenchannels at every energy, those that conduct best first."""

    transmissions: Float[Doubles, "B E C"]
    """Between 0 and 1; their sum is T. C orbitals have a contact, and channels beyond the smaller
    contact conduct nothing."""
    states: Complex[Complexes, "B E N C"]
    """Scattering states from the left contact; the sum of their squares is 2 pi times the LDOS that
    is injected from there, in 1/eV."""


def injected_densities(
    junctions: BlockJunctions | DenseJunctions,
    energies: Float[Doubles, " E"] | Float[Doubles, "B E"],
) -> InjectedDensities:
    r"""Map the LDOS by contacts, :math:`[G \Gamma_c G^\dagger]_{ii} / 2\pi`.

    Sums of squares: positive, and without cancellation (Datta, *Electronic Transport in Mesoscopic
    Systems*, doi:10.1017/CBO9780511805776).

    Parameters
    ----------
    junctions
        The junctions.
    energies
        In eV, (E,) for all junctions or (B, E).
    """
    dense, greens = _solved(junctions, energies)
    squares = np.abs(greens) ** 2 / (2.0 * math.pi)
    return InjectedDensities(
        *(np.einsum("beij,bj->bie", squares, one) for one in (dense.gamma_left, dense.gamma_right))
    )


def bond_transmissions(
    junctions: BlockJunctions | DenseJunctions,
    energies: Float[Doubles, " E"] | Float[Doubles, "B E"],
) -> Float[Doubles, "B E N N"]:
    r"""Local transmission from orbital i to orbital j of carriers from the left contact.

    .. math:: T_{i \to j}(E) = 2 H_{ij}\, \mathrm{Im} [G \Gamma_L G^\dagger]_{ij}

    Antisymmetric; times 2e/h and a small bias it is the bond current
    (doi:10.1103/PhysRevLett.68.2512 without interaction). What leaves an orbital without a contact,
    the sum over j, is zero; the sum over all bonds through any cut between the contacts is T.

    Parameters
    ----------
    junctions
        The junctions.
    energies
        In eV, (E,) for all junctions or (B, E).
    """
    dense, greens = _solved(junctions, energies)
    injected = (greens * dense.gamma_left[:, None, None]) @ greens.conj().swapaxes(-1, -2)
    flow = injected.imag - injected.imag.swapaxes(-1, -2)
    found: Doubles = dense.hamiltonian[:, None] * flow
    return found


def eigenchannels(
    junctions: BlockJunctions | DenseJunctions,
    energies: Float[Doubles, " E"] | Float[Doubles, "B E"],
) -> Eigenchannels:
    r"""Transmission eigenchannels (Paulsson and Brandbyge, doi:10.1103/PhysRevB.76.115117).

    The amplitude between contact orbitals is :math:`t = \sqrt{\Gamma_R} G \sqrt{\Gamma_L}`; its
    singular values squared are the transmissions, and :math:`G \sqrt{\Gamma_L}` applied to its
    right singular vectors gives the states.

    Parameters
    ----------
    junctions
        The junctions; all have their contacts on the same orbitals.
    energies
        In eV, (E,) for all junctions or (B, E).
    """
    dense, greens = _solved(junctions, energies)
    open_ = (dense.gamma_left + dense.gamma_right > 0.0).any(0)
    columns = greens[..., open_] * np.sqrt(dense.gamma_left[:, None, None, open_])
    amplitude = np.sqrt(dense.gamma_right[:, None, open_, None]) * columns[..., open_, :]
    _, values, vectors = np.linalg.svd(amplitude)
    return Eigenchannels(values**2, columns @ vectors.conj().swapaxes(-1, -2))


def _solved(
    junctions: BlockJunctions | DenseJunctions, energies: Doubles
) -> tuple[DenseJunctions, Complexes]:
    dense = junctions.dense()
    grids = checked_grids(energies, len(dense))
    every = np.broadcast_to(grids, (len(dense), grids.shape[1]))
    return dense, dense.greens_function(every)
