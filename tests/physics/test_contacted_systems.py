"""Contacts on few orbitals of a large system against inversion and diagonalization of the whole."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from dnawire.errors import NotConvergedError
from dnawire.transport import ContactedSystem, Eigensystem, SearchedSystem, contacted

Doubles = NDArray[np.float64]

ORBITALS = 400
GAMMA = 0.6


@pytest.fixture(scope="module")
def hamiltonian() -> Doubles:
    """Levels from -20 to 20 eV, as many and as near to each other as in a molecule."""
    draws = np.random.default_rng(3).standard_normal((ORBITALS, ORBITALS))
    matrix: Doubles = np.diag(np.linspace(-20.0, 20.0, ORBITALS)) + 0.03 * (draws + draws.T)
    return matrix


@pytest.fixture(scope="module")
def couplings() -> tuple[Doubles, Doubles]:
    left, right = np.zeros(ORBITALS), np.zeros(ORBITALS)
    left[::20], right[7::25] = GAMMA, GAMMA / 3.0
    return left, right


@pytest.fixture(scope="module")
def system(hamiltonian: Doubles, couplings: tuple[Doubles, Doubles]) -> ContactedSystem:
    return ContactedSystem.of(Eigensystem.of(hamiltonian), *couplings)


def effective(hamiltonian: Doubles, couplings: tuple[Doubles, Doubles]) -> NDArray[np.complex128]:
    return hamiltonian - 0.5j * np.diag(sum(couplings))


def test_spectra_and_traces_are_those_of_the_inverse(
    hamiltonian: Doubles, couplings: tuple[Doubles, Doubles], system: ContactedSystem
) -> None:
    energy = -0.3 + 0.01j
    greens = np.linalg.inv(energy * np.eye(ORBITALS) - effective(hamiltonian, couplings))
    transmission, dos = system.spectra(energy)
    left, right = couplings
    assert transmission == pytest.approx(left @ abs(greens) ** 2 @ right, rel=1e-10)
    assert dos == pytest.approx(-np.trace(greens).imag / np.pi, rel=1e-10)
    groups = np.arange(ORBITALS) % 3
    bare = (system.system.vectors**2) @ system.at(energy).bare
    change = np.bincount(groups, (np.diag(greens) - bare).imag)
    assert system.traces(system.at(energy), groups).imag == pytest.approx(change, rel=1e-9)


def test_poles_are_the_eigenvalues_of_the_whole(
    hamiltonian: Doubles, couplings: tuple[Doubles, Doubles], system: ContactedSystem
) -> None:
    exact = np.linalg.eigvals(effective(hamiltonian, couplings))
    exact = np.sort_complex(exact[abs(exact.real) < 2.0])
    poles = system.poles(-2.0, 2.0)
    order = np.argsort(poles.energies)
    assert 30 < len(exact) < 50
    assert poles.energies[order] == pytest.approx(exact, abs=1e-9)
    gram = poles.vectors.T @ poles.vectors
    assert gram == pytest.approx(np.eye(len(exact)), abs=1e-7)


def test_poles_that_do_not_converge_are_no_result(
    system: ContactedSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contacted, "_ITERATIONS", 2)
    with pytest.raises(NotConvergedError, match=r"poles between -2\.00 and 2\.00 eV"):
        system.poles(-2.0, 2.0)


@pytest.mark.parametrize("gamma", [4.0, 4.6, 10.0, 1000.0])
def test_deep_poles_of_strong_contacts_are_left_out(hamiltonian: Doubles, gamma: float) -> None:
    couplings = np.zeros(ORBITALS), np.zeros(ORBITALS)
    couplings[0][::20], couplings[1][7::25] = gamma, GAMMA
    exact = np.linalg.eigvals(effective(hamiltonian, couplings))
    exact = np.sort_complex(exact[(abs(exact.real) < 2.0) & (exact.imag > -2.0)])
    poles = ContactedSystem.of(Eigensystem.of(hamiltonian), *couplings).poles(-2.0, 2.0)
    assert np.sort_complex(poles.energies) == pytest.approx(exact, abs=1e-9)


def test_poles_are_kept_and_those_of_new_energies_added(
    system: ContactedSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    searched = SearchedSystem(**vars(system))
    for low, high in ((-1.5, 0.5), (-0.5, 2.0), (-2.0, 1.0), (4.0, 5.0), (-2.0, 2.0)):
        wanted = np.sort_complex(system.poles(low, high).energies)
        found = np.sort_complex(searched.poles(low, high).energies)
        np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-9)
    monkeypatch.setattr(contacted, "_ITERATIONS", 0)
    assert len(searched.poles(-1.9, 1.9).energies) > 0


@pytest.mark.parametrize("width", [0.3, 1.5])
@pytest.mark.parametrize("step", [0.05, -0.05])
def test_poles_of_an_interval_do_not_depend_on_those_asked_for_before(
    system: ContactedSystem, width: float, step: float
) -> None:
    """Steps narrower than the couplings, below which poles lie as deep as half of these."""
    searched = SearchedSystem(**vars(system))
    searched.poles(-0.75, 0.75)
    for low in (step * np.arange(40) - 0.75).tolist():
        wanted = np.sort_complex(system.poles(low, low + width).energies)
        found = np.sort_complex(searched.poles(low, low + width).energies)
        np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-9)


@pytest.mark.parametrize("beyond", [-1e-12, 0.0, 1e-12, 5e-4])
def test_a_pole_at_the_end_of_an_interval_is_neither_lost_nor_doubled(
    system: ContactedSystem, beyond: float
) -> None:
    wanted = system.poles(-1.5, 1.5).energies
    at = float(np.sort(wanted.real)[len(wanted) // 2])
    for first in ((-1.5, at + beyond), (at - beyond, 1.5)):
        searched = SearchedSystem(**vars(system))
        searched.poles(*first)
        assert len(searched.poles(-1.5, 1.5).energies) == len(wanted)
