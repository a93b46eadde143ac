"""Junctions without the orbitals that are far in energy, against the inverse of all orbitals."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from dnawire.errors import NotConvergedError
from dnawire.transport import ActiveChain, BlockChain, ContactColumns, DownfoldedJunction

Doubles = NDArray[np.float64]

BLOCK = 14
ACTIVE = 6
ETA = 0.005
ENERGIES = np.linspace(-1.0, 1.0, 41)
LINK = 0.03
"""eV; couplings between blocks."""


def active_chain(
    length: int, lowest: float = 2.5, reach: int = 1, highest: float = 1.2
) -> ActiveChain:
    """Six levels of every block from -1.2 eV to ``highest``, eight beyond ``lowest`` on both sides.

    Blocks are coupled that are at most ``reach`` apart.
    """
    generator = np.random.default_rng(5)
    far = np.array([-1.0, 1.0] * 4) * np.linspace(lowest, 12.0, 8)
    diagonal = []
    for _ in range(length):
        levels = np.concatenate([generator.uniform(-1.2, highest, ACTIVE), far])
        draws = 0.03 * generator.standard_normal((BLOCK, BLOCK))
        diagonal.append((np.diag(levels) + draws + draws.T)[None])
    hamiltonian, overlap = [diagonal], [[np.eye(BLOCK)[None]] * length]
    for distance in range(1, reach + 1):
        draws = generator.standard_normal((length - distance, 2, 1, BLOCK, BLOCK))
        hamiltonian.append(list(LINK * draws[:, 0]))
        overlap.append(list(0.01 * draws[:, 1]))
    return ActiveChain(BlockChain(hamiltonian), BlockChain(overlap), [ACTIVE] * length, 1.2)


def contact(block: int, neighbor: int, seed: int) -> list[ContactColumns]:
    """Columns on all orbitals of a block, with tails in its neighbor."""
    generator = np.random.default_rng(seed)
    own = 0.3 * np.eye(BLOCK) + 0.02 * generator.standard_normal((BLOCK, BLOCK))
    tail = 0.02 * generator.standard_normal((BLOCK, BLOCK))
    return [ContactColumns(block, {block: own, neighbor: tail})]


def dense(chain: BlockChain) -> Doubles:
    starts = np.cumsum([0, *(block.shape[1] for block in chain.diagonal)])
    places = [slice(*pair) for pair in pairwise(starts.tolist())]
    found = np.zeros((starts[-1], starts[-1]))
    for place, block in zip(places, chain.diagonal, strict=True):
        found[place, place] = block[0]
    for distance, band in enumerate(chain.bands[1:], start=1):
        for one, two, link in zip(places, places[distance:], band, strict=False):
            found[one, two], found[two, one] = link[0], link[0].T
    return found


def exact(
    chain: ActiveChain,
    left: list[ContactColumns],
    right: list[ContactColumns],
    eta: float,
    energies: Doubles = ENERGIES,
) -> tuple[Doubles, Doubles]:
    hamiltonian, overlap = dense(chain.hamiltonian), dense(chain.overlap)
    sides = []
    for some in (left, right):
        columns = np.zeros((len(hamiltonian), BLOCK))
        for block, rows in some[0].rows.items():
            columns[block * BLOCK : (block + 1) * BLOCK] = rows
        sides.append(columns)
    broadening = sum(columns @ columns.T for columns in sides)
    transmission, dos = [], []
    for energy in energies + 1j * eta:
        greens = np.linalg.inv(energy * overlap - hamiltonian + 0.5j * broadening)
        transmission.append((abs(sides[0].T @ greens @ sides[1]) ** 2).sum())
        dos.append(-np.trace(greens @ overlap).imag / np.pi)
    return np.array(transmission), np.array(dos)


@pytest.mark.parametrize("length", [3, 8, 12])
@pytest.mark.parametrize("eta", [0.0, ETA])
def test_few_orbitals_give_the_spectra_of_all(length: int, eta: float) -> None:
    chain = active_chain(length)
    left, right = contact(0, 1, 1), contact(length - 1, length - 2, 2)
    junction = DownfoldedJunction.of(chain, left, right, -1.0, 1.0)
    transmission, dos = junction.spectra(ENERGIES, eta)
    wanted = exact(chain, left, right, eta)
    assert abs(np.log10(transmission / wanted[0])).max() < 0.02
    assert abs(np.log10(dos / wanted[1])).max() < 0.002


def test_long_chains_leave_out_what_couples_distant_groups() -> None:
    chain = active_chain(25)
    left, right = contact(0, 1, 1), contact(24, 23, 2)
    transmission, dos = DownfoldedJunction.of(chain, left, right, -1.0, 1.0).spectra(ENERGIES, ETA)
    wanted = exact(chain, left, right, ETA)
    assert wanted[0].max() < 1e-10
    assert abs(np.log10(transmission / wanted[0])).mean() < 0.1
    assert abs(np.log10(dos / wanted[1])).max() < 0.002


@pytest.mark.parametrize("length", [25, 26, 29])
def test_groups_of_long_chains_hold_what_is_coupled_across_them(length: int) -> None:
    """Blocks four apart, as base pairs are, in chains that groups do not divide."""
    chain = active_chain(length, reach=4)
    left, right = contact(0, 1, 1), contact(length - 1, length - 2, 2)
    transmission, dos = DownfoldedJunction.of(chain, left, right, -1.0, 1.0).spectra(ENERGIES, ETA)
    wanted = exact(chain, left, right, ETA)
    assert abs(np.log10(transmission / wanted[0])).mean() < 0.05
    assert abs(np.log10(dos / wanted[1])).max() < 0.02


@pytest.mark.parametrize("gamma", [2.0, 20.0])
def test_strong_contacts_have_a_density_of_states(gamma: float) -> None:
    """The phase of the determinant turns by more than pi from one energy to the next."""
    chain, scale = active_chain(4), np.sqrt(gamma) / 0.3
    left, right = (
        [ContactColumns(one.block, {block: scale * rows for block, rows in one.rows.items()})]
        for [one] in (contact(0, 1, 1), contact(3, 2, 2))
    )
    transmission, dos = DownfoldedJunction.of(chain, left, right, -1.0, 1.0).spectra(ENERGIES, ETA)
    wanted = exact(chain, left, right, ETA)
    assert abs(np.log10(transmission / wanted[0])).max() < 0.02
    assert abs(dos / wanted[1] - 1.0).max() < 0.005


def test_small_couplings_carry_in_a_gap() -> None:
    """No level in the window: all that transmits is far smaller than the largest coupling."""
    chain = active_chain(6)
    left, right = contact(0, 1, 1), contact(5, 4, 2)
    energies = np.linspace(1.4, 1.8, len(ENERGIES))
    junction = DownfoldedJunction.of(chain, left, right, 1.4, 1.8)
    transmission, _ = junction.spectra(energies, ETA)
    wanted = exact(chain, left, right, ETA, energies)[0]
    assert abs(np.log10(transmission / wanted)).max() < 0.02


@pytest.mark.parametrize("length", [20, 24])
def test_a_deep_gap_beside_a_band_keeps_its_transmission(length: int) -> None:
    """What tunnels is smaller by decades than at other energies of the same series."""
    chain = active_chain(length, reach=2, highest=-0.9)
    left, right = contact(0, 1, 1), contact(length - 1, length - 2, 2)
    transmission, _ = DownfoldedJunction.of(chain, left, right, -1.0, 1.0).spectra(ENERGIES, ETA)
    wanted = exact(chain, left, right, ETA)[0]
    assert wanted[-1] < 1e-20 * wanted.max()
    assert abs(np.log10(transmission / wanted)).max() < 0.005


def test_both_contacts_may_be_at_one_end_and_in_the_middle() -> None:
    chain = active_chain(9)
    for left, right in (
        (contact(0, 1, 1), contact(0, 1, 2)),
        (contact(3, 4, 1), contact(5, 4, 2)),
    ):
        junction = DownfoldedJunction.of(chain, left, right, -1.0, 1.0)
        transmission, dos = junction.spectra(ENERGIES, ETA)
        wanted = exact(chain, left, right, ETA)
        assert abs(np.log10(transmission / wanted[0])).max() < 0.02
        assert abs(np.log10(dos / wanted[1])).max() < 0.002


def test_an_energy_does_not_depend_on_the_others() -> None:
    chain = active_chain(25)
    junction = DownfoldedJunction.of(chain, contact(0, 1, 1), contact(24, 23, 2), -1.0, 1.0)
    together = np.array(junction.spectra(ENERGIES, ETA))
    alone = np.array(junction.spectra(ENERGIES[7:8], ETA))
    np.testing.assert_allclose(alone[:, 0], together[:, 7], rtol=1e-9)


def test_a_level_near_the_window_that_is_not_active_is_told() -> None:
    chain = active_chain(5, lowest=1.02)
    with pytest.raises(NotConvergedError, match="not active has a level near the window"):
        DownfoldedJunction.of(chain, contact(0, 1, 1), contact(4, 3, 2), -1.0, 1.0)
