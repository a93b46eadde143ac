"""Bond transmissions, injected densities and eigenchannels: continuity, sum rules, sisl."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from dnawire.transport import (
    DenseJunctions,
    block_spectra,
    bond_transmissions,
    eigenchannels,
    injected_densities,
)
from tests.physics.observable_references import GUANINE, duplex_junctions, random_ladder

ENERGIES = np.linspace(-0.4, 0.4, 17)


def several_channels(seed: int) -> DenseJunctions:
    """A random matrix with three contact orbitals on either side, one of them shared."""
    generator = np.random.default_rng(seed)
    matrix = 0.2 * generator.normal(size=(2, 7, 7))
    left, right = np.zeros((2, 7)), np.zeros((2, 7))
    left[:, :3], right[:, 2:5] = (0.1, 0.2, 0.05), (0.07, 0.1, 0.3)
    return DenseJunctions.of(matrix, left, right)


@pytest.mark.parametrize("seed", [1, 2])
def test_currents_are_conserved_at_every_site(seed: int) -> None:
    junctions = several_channels(seed)
    found = bond_transmissions(junctions, ENERGIES)
    np.testing.assert_allclose(found, -found.swapaxes(-1, -2), atol=1e-12)
    leaving = found.sum(-1)
    np.testing.assert_allclose(leaving[..., 5:], 0.0, atol=1e-12)
    density = injected_densities(junctions, ENERGIES)
    into_right = junctions.gamma_right[:, :, None] * density.from_left * 2.0 * math.pi
    np.testing.assert_allclose(leaving[..., 3:5], -into_right[:, 3:5].swapaxes(1, 2), rtol=1e-9)
    transmission = junctions.transmission(np.tile(ENERGIES, (2, 1))).plain
    np.testing.assert_allclose(into_right.sum(1), transmission, rtol=1e-9)


def test_every_cut_through_a_ladder_carries_the_whole_transmission() -> None:
    junctions = random_ladder(3, 6, batch=2)
    found = bond_transmissions(junctions, ENERGIES)
    transmission = junctions.transmission(np.tile(ENERGIES, (2, 1))).plain
    for cut in (2, 6, 10):
        through = found[..., :cut, cut:].sum((-1, -2))
        np.testing.assert_allclose(through, transmission, rtol=1e-8)


def test_injected_densities_add_up_to_the_local_density() -> None:
    junctions = random_ladder(4, 5, batch=2)
    found = injected_densities(junctions, ENERGIES)
    system = junctions.system
    spectra = block_spectra(
        system.diagonal, system.step, junctions.gamma_left, junctions.gamma_right, ENERGIES
    )
    expected = spectra.ldos.reshape(2, 10, -1)
    np.testing.assert_allclose(found.from_left + found.from_right, expected, rtol=1e-9)


@pytest.mark.parametrize("seed", [1, 2])
def test_eigenchannels_are_a_unitary_view_of_the_transmission(seed: int) -> None:
    junctions = several_channels(seed)
    found = eigenchannels(junctions, ENERGIES)
    assert found.transmissions.shape == (2, 17, 5)
    assert (found.transmissions[..., 3:] < 1e-25).all()
    assert (found.transmissions <= 1.0 + 1e-12).all()
    assert (np.diff(found.transmissions, axis=-1) <= 0.0).all()
    transmission = junctions.transmission(np.tile(ENERGIES, (2, 1))).plain
    np.testing.assert_allclose(found.transmissions.sum(-1), transmission, rtol=1e-10)
    density = (np.abs(found.states) ** 2).sum(-1).swapaxes(1, 2) / (2.0 * math.pi)
    np.testing.assert_allclose(
        density, injected_densities(junctions, ENERGIES).from_left, rtol=1e-9
    )
    # Each state alone brings its transmission to the right contact, and they do not mix there.
    right = junctions.gamma_right[:, None, :, None]
    mixing = found.states.conj().swapaxes(-1, -2) @ (right * found.states)
    expected = found.transmissions[..., None] * np.eye(5)
    np.testing.assert_allclose(mixing, expected, atol=1e-12)


def test_two_separate_chains_are_two_channels() -> None:
    """Two uncoupled sites with equal contacts: on resonance both are open."""
    zero = np.zeros((1, 2, 2))
    zero[0] = np.diag([0.0, 0.3])
    gamma = np.full((1, 2), 0.1)
    found = eigenchannels(DenseJunctions.of(zero, gamma, gamma), np.array([0.0, 0.3]))
    other = 0.1**2 / (0.3**2 + 0.1**2)
    np.testing.assert_allclose(found.transmissions[0], [[1.0, other]] * 2, rtol=1e-12)


def test_bonds_and_eigenchannels_agree_with_sisl() -> None:
    pytest.importorskip("sisl_toolbox.btd", reason="sisl, the independent code, is not installed")
    from tests.physics.sisl_reference import device_green

    junctions = duplex_junctions("GCAG")
    dense = junctions.dense()
    contacts = {"left": dense.gamma_left[0], "right": dense.gamma_right[0]}
    greens = device_green(dense.hamiltonian[0], contacts)
    energies = np.array([-7.7, GUANINE])
    bonds, channels = bond_transmissions(junctions, energies), eigenchannels(junctions, energies)
    for e, energy in enumerate(energies.tolist()):
        spectral: NDArray[np.complex128] = greens.spectral(energy, "left", format="array")
        theirs = 2.0 * dense.hamiltonian[0] * spectral.imag
        np.testing.assert_allclose(bonds[0, e], theirs, rtol=1e-8, atol=1e-14)
        states = greens.scattering_state(energy, "left")
        eigen = np.sort(greens.eigenchannel(states, "right").c)[::-1]
        np.testing.assert_allclose(channels.transmissions[0, e, :2], eigen[:2], rtol=1e-8)
