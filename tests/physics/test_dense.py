"""Dense Hamiltonians: the same spectra from one eigendecomposition, wherever the energies lie."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from dnawire.operators import transport as operators
from dnawire.transport import Spectra, _resolvent, block_spectra, dense_spectra
from tests.physics.exact_arithmetic import greens_columns, junction_of
from tests.physics.oracle import Array, System, dense_hamiltonian, greens_function, random_system
from tests.physics.oracle import spectra as oracle_spectra
from tests.physics.test_arbitrary_precision import SETS, WINDOWS, ladder, random_codes

ENERGIES = np.linspace(-1.7, 1.9, 7)
physical = settings(max_examples=40, deadline=None)


def dense_input(system: System) -> tuple[Array, Array, Array]:
    left, right = (gamma[system.mask][None] for gamma in (system.gamma_left, system.gamma_right))
    return dense_hamiltonian(system)[None], left, right


def solve(system: System, energies: np.ndarray = ENERGIES, eta: float = 0.0) -> Spectra[Array]:
    return dense_spectra(*dense_input(system), energies, eta=eta)


@physical
@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.sampled_from([1, 2, 5]), st.booleans(),
       st.sampled_from([0.0, 0.003, 0.2]))  # fmt: skip
def test_agrees_with_dense_inversion(
    seed: int, length: int, orbitals: int, blanks: bool, eta: float
) -> None:
    system = random_system(seed, length, orbitals, blanks=blanks)
    transmission, ldos = oracle_spectra(system, ENERGIES, eta)
    found = solve(system, eta=eta)
    greens = [greens_function(system, float(energy), eta) for energy in ENERGIES]
    accuracy = 1e-10 * max(1.0, max(float(np.linalg.cond(one)) for one in greens) / 1e4)
    np.testing.assert_allclose(found.transmission[0], transmission, rtol=accuracy, atol=1e-14)
    np.testing.assert_allclose(found.ldos[0], ldos, rtol=accuracy, atol=1e-11)
    np.testing.assert_allclose(found.dos[0], ldos.sum(0), rtol=accuracy)


def test_a_full_matrix_of_many_orbitals() -> None:
    """No zero anywhere, 60 orbitals, contacts on 13 and 9 of them, three at once."""
    rng = np.random.default_rng(0)
    hamiltonian = rng.normal(size=(3, 60, 60))
    hamiltonian = 0.5 * (hamiltonian + hamiltonian.swapaxes(1, 2))
    left, right = rng.random((2, 3, 60))
    left[:, 13:], right[:, :-9] = 0.0, 0.0
    energies = np.linspace(-5.0, 5.0, 31)
    found = dense_spectra(hamiltonian, left, right, energies)
    shift = energies[None, :, None] + 0.5j * (left + right)[:, None]
    greens = np.linalg.inv(shift[..., None] * np.eye(60) - hamiltonian[:, None])
    weights = left[:, None, :, None] * right[:, None, None, :]
    transmission = (weights * np.abs(greens) ** 2).sum((-2, -1))
    ldos = -greens.diagonal(axis1=-2, axis2=-1).imag.swapaxes(1, 2) / math.pi
    np.testing.assert_allclose(found.transmission, transmission, rtol=1e-10)
    np.testing.assert_allclose(found.ldos, ldos, rtol=1e-10)
    np.testing.assert_allclose(found.dos, ldos.sum(1), rtol=1e-10)


@pytest.mark.parametrize("name", SETS)
def test_small_transmissions_keep_their_digits(name: str) -> None:
    """64 base pairs as one dense matrix, log10 T down to -178, against 80 digits."""
    left, right = np.zeros((64, 2)), np.zeros((64, 2))
    left[0], right[-1] = (0.1, 0.05), (0.2, 0.0)
    system = ladder(name, random_codes(64, missing=0.0), left, right)
    energies = WINDOWS[name][:3]
    found = solve(system, np.array(energies))
    for e, energy in enumerate(energies):
        exact = greens_columns(junction_of(system), energy)
        wanted = exact.log10_transmission()
        assert wanted < -40.0
        assert abs(float(found.log10_transmission[0, e]) - wanted) < 1e-11
        assert abs(float(found.log10_dos[0, e]) - exact.log10_dos()) < 1e-11


def two_sites(hopping: float, left: float, right: float) -> tuple[Array, Array, Array]:
    hamiltonian = hopping * np.array([[[0.0, 1.0], [1.0, 0.0]]])
    sites = np.eye(2)
    return hamiltonian, left * sites[:1], right * sites[1:]


@pytest.mark.parametrize("distance", [0.0, 1e-12, 1e-8, 1e-4])
def test_an_exceptional_point(distance: float) -> None:
    """Where |Gamma_L - Gamma_R| = 4 t the effective Hamiltonian has one eigenvector only."""
    hopping, right = 0.1, 0.05
    left = right + 4.0 * hopping + distance
    energies = np.array([-0.2, -0.1, 0.0, 1e-13, 0.1, 0.3])
    found = dense_spectra(*two_sites(hopping, left, right), energies)
    element = hopping / ((energies + 0.5j * left) * (energies + 0.5j * right) - hopping**2)
    wanted = left * right * np.abs(element) ** 2
    np.testing.assert_allclose(found.transmission[0], wanted, rtol=1e-12)


def levels_twice() -> tuple[Array, Array, Array, Array]:
    """Two equal molecules side by side, one of them with contacts, and all levels as energies."""
    hamiltonian = dense_hamiltonian(random_system(1, 3, 2))
    left, right = np.zeros((2, 1, 12))
    left[0, 0], right[0, 5] = 0.1, 0.2
    both = np.zeros((1, 12, 12))
    both[0, :6, :6] = both[0, 6:, 6:] = hamiltonian
    return both, left, right, np.linalg.eigvalsh(hamiltonian).astype(np.float64)


def test_energies_on_levels_that_no_contact_reaches() -> None:
    both, left, right, energies = levels_twice()
    found = dense_spectra(both, left, right, energies)
    blocks = both[:, :6, :6].reshape(1, 1, 6, 6)
    step = np.zeros((1, 0, 6, 6))
    alone = block_spectra(blocks, step, left[:, None, :6], right[:, None, :6], energies)
    for one, other in zip(found[:2], alone[:2], strict=True):
        np.testing.assert_allclose(one, other, rtol=0.0, atol=1e-11)
    assert float(found.ldos[:, 6:].max()) < 1e-300


def test_columns_that_stay_open_are_solved_directly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without that, the answer at a level without width is noise."""
    both, left, right, energies = levels_twice()
    right_answer = dense_spectra(both, left, right, energies)
    refined = _resolvent._refined
    monkeypatch.setattr(_resolvent, "_refined", lambda *given: _never_open(refined(*given)))
    noise = dense_spectra(both, left, right, energies)
    assert np.abs(noise.log10_ldos - right_answer.log10_ldos).max() > 1.0


def _never_open(found: tuple[Array, Array]) -> tuple[Array, Array]:
    return found[0], np.zeros_like(found[1])


@pytest.mark.parametrize("eta", [0.0, 0.01])
def test_gradient(eta: float) -> None:
    """Contacts that overlap, with different numbers of orbitals in the two junctions."""
    generator = torch.Generator().manual_seed(4)
    hamiltonian = torch.randn(2, 5, 5, generator=generator, dtype=torch.float64)
    left = torch.tensor([[0.1, 0.2, 0.0, 0.0, 0.0], [0.0, 0.3, 0.0, 0.0, 0.0]]).double()
    right = torch.tensor([[0.0, 0.3, 0.0, 0.1, 0.0], [0.0, 0.0, 0.0, 0.0, 0.2]]).double()
    energies = torch.tensor([-0.3, 0.7], dtype=torch.float64)

    def spectra(hamiltonian: Tensor) -> tuple[Tensor, ...]:
        return tuple(operators.dense_spectra(hamiltonian, left, right, energies, eta=eta))

    assert torch.autograd.gradcheck(spectra, hamiltonian.requires_grad_())


def contacts_of_24() -> tuple[Array, Array]:
    left, right = np.zeros((24, 2)), np.zeros((24, 2))
    left[0], right[-1, 1] = (0.1, 0.05), 0.2
    return left, right


def test_the_gradient_is_that_of_the_blocks() -> None:
    """Through the tails of 24 base pairs."""
    system = ladder("kordas2025", random_codes(24, missing=0.0), *contacts_of_24())
    energies = torch.tensor(WINDOWS["kordas2025"], dtype=torch.float64)
    hamiltonian, *contacts = map(torch.from_numpy, dense_input(system))
    diagonal, step, left, right, _ = system.tensors()
    leaves = diagonal.requires_grad_(), step.requires_grad_()
    one = operators.dense_spectra(hamiltonian.requires_grad_(), contacts[0], contacts[1], energies)
    other = operators.block_spectra(*leaves, left, right, energies)
    losses = [found.log10_transmission.sum() + (found.log10_dos**2).sum() for found in (one, other)]
    (dense,) = torch.autograd.grad(losses[0], hamiltonian)
    by_diagonal, by_step = torch.autograd.grad(losses[1], (diagonal, step))
    for n in range(23):
        rows, next_rows = slice(2 * n, 2 * n + 2), slice(2 * n + 2, 2 * n + 4)
        largest = float(by_step.abs().max())
        torch.testing.assert_close(dense[0, rows, rows], by_diagonal[0, n], rtol=1e-9, atol=1e-9)
        torch.testing.assert_close(
            2.0 * dense[0, rows, next_rows], by_step[0, n], rtol=1e-9, atol=1e-9 * largest
        )


def test_passes_over_few_energies_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    system = random_system(8, 4, 3)
    whole = solve(system)
    monkeypatch.setattr("dnawire.transport.dense._NUMBERS_AT_ONCE", 1)
    for one, other in zip(solve(system), whole, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12)


def test_disconnected_contacts() -> None:
    hamiltonian, left, right = map(torch.from_numpy, two_sites(0.0, 0.1, 0.2))
    energies = torch.tensor([0.0, 0.3], dtype=torch.float64)
    found = operators.dense_spectra(hamiltonian.requires_grad_(), left, right, energies)
    assert bool(found.log10_transmission.isneginf().all())
    (gradient,) = torch.autograd.grad(found.log10_dos.sum(), hamiltonian)
    assert bool(gradient.isfinite().all())


@pytest.mark.parametrize("bad", [-0.1, math.nan, math.inf])
def test_impossible_input_is_refused(bad: float) -> None:
    hamiltonian, left, right = two_sites(0.1, 0.1, 0.2)
    energies = np.array([0.0])
    with pytest.raises(ValueError, match="couplings"):
        dense_spectra(hamiltonian, np.where(left > 0.0, bad, left), right, energies)
    with pytest.raises(ValueError, match="eta"):
        dense_spectra(hamiltonian, left, right, energies, eta=bad)
    with pytest.raises(ValueError, match="neither a contact"):
        dense_spectra(hamiltonian, 0.0 * left, 0.0 * right, energies)
    if not math.isfinite(bad):
        with pytest.raises(ValueError, match="Hamiltonian must be finite"):
            dense_spectra(bad + hamiltonian, left, right, energies)


def test_arrays_and_tensors_agree() -> None:
    given = dense_input(random_system(3, 5, 2))
    for eta in (0.0, 0.02):
        tensors = (*map(torch.from_numpy, given), torch.from_numpy(ENERGIES))
        found = dense_spectra(*given, ENERGIES, eta=eta)
        for one, other in zip(found, operators.dense_spectra(*tensors, eta=eta), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12)
