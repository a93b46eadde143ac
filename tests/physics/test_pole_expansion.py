"""Spectra from the poles against direct inversion, quadrature and closed forms."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.integrate import quad

from dnawire.transport import ContactedSystem, Eigensystem, PoleExpansion

System = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]
"""Hamiltonian, and the diagonals of both couplings."""

ORBITALS, GROUP = 60, 10


@pytest.fixture(scope="module")
def system() -> System:
    """Two halves that are hardly coupled, so that T is small and resonances are sharp."""
    draws = np.random.default_rng(0).standard_normal((ORBITALS, ORBITALS))
    hamiltonian = 0.3 * (draws + draws.T)
    half = ORBITALS // 2
    hamiltonian[:half, half:] *= 1e-3
    hamiltonian[half:, :half] *= 1e-3
    left, right = np.zeros(ORBITALS), np.zeros(ORBITALS)
    left[:6], right[-7:] = 0.1, 0.05
    return hamiltonian, left, right


@pytest.fixture(scope="module")
def poles(system: System) -> PoleExpansion:
    hamiltonian, left, right = system
    contacted = ContactedSystem.of(Eigensystem.of(hamiltonian), left, right)
    return PoleExpansion.of(contacted, -1.0, 1.0, np.arange(ORBITALS) // GROUP)


def inverted(system: System, energy: complex) -> tuple[float, NDArray[np.float64]]:
    hamiltonian, left, right = system
    greens = np.linalg.inv(energy * np.eye(ORBITALS) - hamiltonian + 0.5j * np.diag(left + right))
    transmission = left @ abs(greens) ** 2 @ right
    return float(transmission), -np.diag(greens).imag.reshape(-1, GROUP).sum(1) / np.pi


def test_spectra_are_those_of_a_direct_inversion(system: System, poles: PoleExpansion) -> None:
    energies = np.linspace(-1.0, 1.0, 41)
    exact = [inverted(system, energy + 0.005j) for energy in energies]
    assert poles.transmission(energies, 0.005) == pytest.approx([one for one, _ in exact], rel=1e-9)
    density = np.transpose([one for _, one in exact])
    assert poles.local_dos(energies, 0.005) == pytest.approx(density, rel=1e-9)


def test_many_energies_are_computed_in_parts(poles: PoleExpansion) -> None:
    many = np.linspace(-1.0, 1.0, 2001)
    few = poles.transmission(many[::10], 0.005)
    assert poles.transmission(many, 0.005)[::10] == pytest.approx(few, rel=1e-9)


def test_all_orbitals_are_one_group(system: System, poles: PoleExpansion) -> None:
    hamiltonian, left, right = system
    contacted = ContactedSystem.of(Eigensystem.of(hamiltonian), left, right)
    together, energies = PoleExpansion.of(contacted, -1.0, 1.0), np.linspace(-1.0, 1.0, 5)
    expected = poles.local_dos(energies, 0.005).sum(0)
    assert together.local_dos(energies, 0.005)[0] == pytest.approx(expected, rel=1e-9)


def test_means_are_those_of_a_quadrature(system: System, poles: PoleExpansion) -> None:
    edges = np.linspace(-1.0, 1.0, 81)
    means, densities = poles.mean_transmission(edges), poles.mean_local_dos(edges)
    for index in (7, 35, 42, 63):
        low, high = edges[index : index + 2]
        inside = [one for one in poles.amplitudes.energies if low < one.real < high]
        steps = [sign * 5.0**k for sign in (-1, 1) for k in range(4)]
        cuts = {one.real + step * abs(one.imag) for one in inside for step in (0.0, *steps)}
        points = [low, *sorted(cut for cut in cuts if low < cut < high), high]
        for value, part in ((means[index], 0), (densities[2, index], 1)):
            total = sum(
                quad(lambda e, p=part: np.ravel(inverted(system, e)[p])[2 * p], *ends, epsabs=0)[0]
                for ends in pairwise(points)
            )
            assert value == pytest.approx(total / (high - low), rel=1e-8)


@pytest.mark.parametrize("gamma", [1e-1, 1e-4, 1e-9])
def test_the_mean_over_one_level_has_a_closed_form(gamma: float) -> None:
    level, edges = 0.0301, np.array([0.0, 0.02, 0.05, 0.06])
    levels = Eigensystem.of(np.diag([level, 9.0]))
    contacted = ContactedSystem.of(levels, np.array([gamma, 0.0]), np.array([gamma, 0.0]))
    poles = PoleExpansion.of(contacted, 0.0, 0.06, np.array([0, 1]))
    angles = np.diff(np.arctan((edges - level) / gamma))
    widths = np.diff(edges)
    assert poles.mean_transmission(edges) == pytest.approx(gamma * angles / widths, rel=1e-9)
    assert poles.mean_local_dos(edges)[0] == pytest.approx(angles / widths / np.pi, rel=1e-7)


def test_a_wide_interval_is_the_mean_of_its_parts(poles: PoleExpansion) -> None:
    fine = poles.mean_transmission(np.linspace(-0.5, 0.5, 101))
    coarse = poles.mean_transmission(np.linspace(-0.5, 0.5, 41))
    assert fine.reshape(20, 5).mean(1) == pytest.approx(coarse.reshape(20, 2).mean(1), rel=1e-9)


@pytest.mark.parametrize("gamma", [4.0, 10.0, 1000.0])
def test_strong_contacts_are_as_exact(system: System, gamma: float) -> None:
    hamiltonian, left, right = system
    strong = hamiltonian, np.where(left > 0.0, gamma, 0.0), right
    contacted = ContactedSystem.of(Eigensystem.of(hamiltonian), *strong[1:])
    poles = PoleExpansion.of(contacted, -1.0, 1.0, np.arange(ORBITALS) // GROUP)
    energies = np.linspace(-1.0, 1.0, 11)
    exact = [inverted(strong, energy + 0.005j) for energy in energies]
    assert poles.transmission(energies, 0.005) == pytest.approx([one for one, _ in exact], rel=1e-8)
    density = np.transpose([one for _, one in exact])
    assert poles.local_dos(energies, 0.005) == pytest.approx(density, rel=1e-8)


def test_energies_outside_of_the_window_are_refused(poles: PoleExpansion) -> None:
    with pytest.raises(ValueError, match="energies outside of -1 to 1 eV"):
        poles.transmission(np.array([0.0, 1.1]), 0.005)
