"""Where eta is finite every orbital is a source, and the cost is that of eta = 0 nevertheless."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from dnawire.operators import transport as operators
from dnawire.transport import block_spectra, dense_spectra
from dnawire.transport.system import block_system
from tests.physics.exact_arithmetic import greens_columns, junction_of
from tests.physics.oracle import System, dense_hamiltonian, random_system
from tests.physics.test_arbitrary_precision import SETS, WINDOWS, ladder, random_codes

ENERGIES = np.linspace(-1.7, 1.9, 5)
ETAS = [1e-8, 1e-5, 1e-3, 0.1]
DECADES = 1e-10
"""Of log10 T, DOS and LDOS."""


def ladder_of(name: str, length: int, *, missing: float) -> System:
    """Contacts at both ends and within."""
    left, right = np.zeros((length, 2)), np.zeros((length, 2))
    left[0], left[3, 1] = (0.1, 0.03), 0.02
    right[-1], right[length // 2, 0] = (0.2, 0.05), 0.01
    return ladder(name, random_codes(length, missing=missing), left, right)


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("eta", ETAS)
@pytest.mark.parametrize("missing", [0.0, 0.1])
def test_against_eighty_digits(name: str, eta: float, missing: float) -> None:
    system = ladder_of(name, 18, missing=missing)
    diagonal, step, left, right, mask = system.arrays()
    energies = np.array(WINDOWS[name])[[1, 3, 5]]
    found = block_spectra(diagonal, step, left, right, energies, mask=mask, eta=eta)
    for e, energy in enumerate(energies.tolist()):
        exact = greens_columns(junction_of(system), energy, eta)
        assert abs(float(found.log10_transmission[0, e]) - exact.log10_transmission()) < DECADES
        assert abs(float(found.log10_dos[0, e]) - exact.log10_dos()) < DECADES
        ldos = found.log10_ldos[0][system.mask, e]
        np.testing.assert_allclose(ldos, exact.log10_ldos(), rtol=0.0, atol=DECADES)
    assert float(found.ldos[0][~system.mask].max(initial=0.0)) < 1e-300


@pytest.mark.parametrize("orbitals", [1, 2, 3])
def test_the_gradient_of_a_long_chain_is_that_of_a_dense_matrix(orbitals: int) -> None:
    system = random_system(7, 20, orbitals, blanks=True)
    diagonal, step, left, right, mask = system.tensors()
    keep = system.mask.ravel()
    dense = torch.from_numpy(dense_hamiltonian(system))[None].requires_grad_()
    blocks = diagonal.requires_grad_(), step.requires_grad_()
    energies = torch.from_numpy(ENERGIES)
    flat_left, flat_right = (one.reshape(1, -1)[:, keep] for one in (left, right))
    one = operators.block_spectra(*blocks, left, right, energies, mask=mask, eta=1e-3)
    other = operators.dense_spectra(dense, flat_left, flat_right, energies, eta=1e-3)
    weights = torch.linspace(-1.0, 1.0, len(keep), dtype=torch.float64)[:, None]
    ldos = one.log10_ldos.flatten(1, 2)[:, keep]
    for found, values in ((one, ldos), (other, other.log10_ldos)):
        loss = found.log10_transmission.sum() + (found.log10_dos**2).sum()
        (loss + (weights[keep] * values).sum()).backward()
    assert dense.grad is not None
    slope, full = dense.grad[0], torch.zeros(len(keep), len(keep), dtype=torch.float64)
    full[np.ix_(keep, keep)] = slope
    largest = float(slope.abs().max())
    for n in range(20):
        here, below = slice(n * orbitals, (n + 1) * orbitals), slice((n + 1) * orbitals, None)
        below = slice(below.start, below.start + orbitals)
        assert blocks[0].grad is not None
        assert blocks[1].grad is not None
        own = blocks[0].grad[0, n]
        torch.testing.assert_close(own, full[here, here], rtol=1e-8, atol=1e-9 * largest)
        if n < 19:
            across = mask[0, n][:, None] & mask[0, n + 1]
            step_slope, wanted = blocks[1].grad[0, n][across], 2.0 * full[here, below][across]
            torch.testing.assert_close(step_slope, wanted, rtol=1e-8, atol=1e-9 * largest)


def test_eta_needs_no_more_columns() -> None:
    """Their number, times the length, is cost and memory."""
    diagonal, step, left, right, mask = ladder_of("kordas2025", 40, missing=0.1).arrays()
    counts = [
        block_system(diagonal, step, left, right, ENERGIES, mask, eta).contacts.columns.shape[1]
        for eta in (0.0, 1e-3)
    ]
    assert counts[0] == counts[1]


@pytest.mark.parametrize("orbitals", [1, 2])
def test_no_contact_at_all(orbitals: int) -> None:
    """There is a density of states, and no transmission."""
    system = random_system(4, 6, orbitals)
    diagonal, step, left, right, _ = system.arrays()
    found = block_spectra(diagonal, step, 0.0 * left, 0.0 * right, ENERGIES, eta=0.01)
    matrix = dense_hamiltonian(system)
    levels = np.linalg.eigvalsh(matrix)
    wanted = (0.01 / ((ENERGIES[:, None] - levels) ** 2 + 0.01**2)).sum(1) / np.pi
    np.testing.assert_allclose(found.dos[0], wanted, rtol=1e-9)
    assert np.isneginf(found.log10_transmission).all()


def test_a_tiny_eta_is_the_limit() -> None:
    """From 1e-14 eV on, which is the least damping that an orbital has."""
    diagonal, step, left, right, mask = random_system(2, 8, 2).arrays()
    without = block_spectra(diagonal, step, left, right, ENERGIES, mask=mask)
    for eta in (1e-14, 1e-20):
        found = block_spectra(diagonal, step, left, right, ENERGIES, mask=mask, eta=eta)
        for one, other in zip(found, without, strict=True):
            np.testing.assert_allclose(one, other, rtol=0.0, atol=1e-9)


def test_dense_matrices_agree_at_any_length() -> None:
    for length in (1, 2, 16, 17, 33):
        system = random_system(length, length, 2)
        diagonal, step, left, right, _ = system.arrays()
        flat = left.reshape(1, -1), right.reshape(1, -1)
        found = block_spectra(diagonal, step, left, right, ENERGIES, eta=1e-2)
        wanted = dense_spectra(dense_hamiltonian(system)[None], *flat, ENERGIES, eta=1e-2)
        for one, other in zip(found, wanted, strict=True):
            np.testing.assert_allclose(one.reshape(other.shape), other, rtol=0.0, atol=1e-9)
