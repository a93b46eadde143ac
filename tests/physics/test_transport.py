"""Transport against an independent implementation, exact identities and closed forms."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dnawire.compiled.double import LANES
from dnawire.transport import (
    Spectra,
    _recursion,
    block_densities,
    block_spectra,
    block_totals,
)
from dnawire.transport.block import _ladder
from tests.physics.oracle import System, dense_hamiltonian, greens_function, random_system
from tests.physics.oracle import spectra as oracle_spectra

ENERGIES = np.linspace(-1.7, 1.9, 7)
seeds = st.integers(0, 2**32 - 1)
shapes = st.tuples(seeds, st.integers(2, 6), st.integers(1, 3))
physical = settings(max_examples=40, deadline=None)


def solve(system: System, energies: np.ndarray = ENERGIES, eta: float = 0.0) -> Spectra:
    diagonal, step, left, right, mask = system.tensors()
    return block_spectra(
        diagonal, step, left, right, torch.from_numpy(energies), mask=mask, eta=eta
    )


def ldos_of(result: Spectra, system: System) -> np.ndarray:
    length, orbitals = system.mask.shape
    return result.ldos[0].reshape(length * orbitals, -1).numpy()[system.mask.ravel()]


@physical
@given(seeds, st.integers(1, 6), st.sampled_from([1, 2, 3, 4, 6]), st.booleans(),
       st.sampled_from([0.0, 0.003, 0.2]))  # fmt: skip
def test_agrees_with_dense_inversion(
    seed: int, length: int, orbitals: int, blanks: bool, eta: float
) -> None:
    """Contacts anywhere; 4 and 6 orbitals a block are two and three for each base."""
    system = random_system(seed, length, orbitals, blanks=blanks)
    transmission, ldos = oracle_spectra(system, ENERGIES, eta)
    result = solve(system, eta=eta)
    accuracy = 1e-10 * max(1.0, condition(system, eta) / 1e4)
    np.testing.assert_allclose(result.transmission[0], transmission, rtol=accuracy, atol=1e-14)
    np.testing.assert_allclose(ldos_of(result, system), ldos, rtol=accuracy, atol=1e-11)
    np.testing.assert_allclose(result.dos[0], ldos.sum(0), rtol=accuracy)


def condition(system: System, eta: float) -> float:
    """Largest condition number of the matrices that the reference inverts."""
    greens = [greens_function(system, float(energy), eta) for energy in ENERGIES]
    return max(float(np.linalg.cond(one)) for one in greens)


@physical
@given(shapes)
def test_reciprocity(shape: tuple[int, int, int]) -> None:
    system = random_system(*shape)
    swapped = system._replace(gamma_left=system.gamma_right, gamma_right=system.gamma_left)
    there, back = solve(system).log10_transmission, solve(swapped).log10_transmission
    np.testing.assert_allclose(there, back, atol=1e-10)


@physical
@given(shapes)
def test_bounds(shape: tuple[int, int, int]) -> None:
    system = random_system(*shape)
    result = solve(system)
    channels = min((system.gamma_left > 0).sum(), (system.gamma_right > 0).sum())
    assert bool((result.ldos >= 0).all())
    assert bool((result.transmission >= 0).all())
    assert float(result.transmission.max()) <= channels + 1e-9


@physical
@given(shapes)
def test_spectral_identity(shape: tuple[int, int, int]) -> None:
    """DOS = Tr[G (Gamma_L + Gamma_R) G^dagger] / 2 pi at eta = 0."""
    system = random_system(*shape)
    gamma = np.diag((system.gamma_left + system.gamma_right).ravel())
    greens = [greens_function(system, float(energy), 0.0) for energy in ENERGIES]
    wanted = [np.trace(g @ gamma @ g.conj().T).real / (2 * np.pi) for g in greens]
    np.testing.assert_allclose(solve(system).dos[0], wanted, rtol=1e-8)


@physical
@given(shapes)
def test_number_of_states(shape: tuple[int, int, int]) -> None:
    """The DOS integrates to -(1/pi) Im sum ln(E - lambda_k) between two energies."""
    system = random_system(*shape)
    system = system._replace(gamma_left=system.gamma_left + 0.2, gamma_right=system.gamma_right)
    gamma = (system.gamma_left + system.gamma_right).ravel()
    levels = np.linalg.eigvals(dense_hamiltonian(system) - 0.5j * np.diag(gamma))
    low, high = -4.0, 4.0
    wanted = -np.sum(np.log(high - levels) - np.log(low - levels)).imag / np.pi
    nodes, weights = np.polynomial.legendre.leggauss(400)
    energies = 0.5 * (high - low) * nodes + 0.5 * (high + low)
    dos = solve(system, energies).dos[0].numpy()
    np.testing.assert_allclose(0.5 * (high - low) * weights @ dos, wanted, rtol=1e-6)


@physical
@given(shapes, st.floats(-5.0, 5.0))
def test_energy_shift(shape: tuple[int, int, int], shift: float) -> None:
    system = random_system(*shape)
    moved = system._replace(diagonal=system.diagonal + shift * np.eye(shape[2]))
    here = solve(system).log10_transmission
    there = solve(moved, ENERGIES + shift).log10_transmission
    np.testing.assert_allclose(here, there, atol=1e-9)


@physical
@given(shapes)
def test_gauge(shape: tuple[int, int, int]) -> None:
    """Flipping the sign of one orbital changes nothing that can be measured."""
    system = random_system(*shape)
    sign = np.ones(system.mask.shape)
    sign[shape[0] % shape[1], shape[0] % shape[2]] = -1.0
    diagonal = system.diagonal * sign[:, :, None] * sign[:, None, :]
    step = system.step * sign[:-1, :, None] * sign[1:, None, :]
    first, second = solve(system), solve(system._replace(diagonal=diagonal, step=step))
    np.testing.assert_allclose(first.log10_transmission, second.log10_transmission, atol=1e-10)
    np.testing.assert_allclose(first.ldos, second.ldos, rtol=1e-9, atol=1e-14)


@physical
@given(seeds, st.integers(2, 6))
def test_decoupled_strands_add(seed: int, length: int) -> None:
    system = random_system(seed, length, 2)
    diagonal = system.diagonal * np.eye(2)
    step = system.step * np.eye(2)
    left, right = np.zeros((length, 2)), np.zeros((length, 2))
    left[0], right[-1] = 0.3, 0.2
    both = solve(System(diagonal, step, left, right, system.mask)).transmission
    alone = []
    for strand in range(2):
        only = np.eye(2)[strand]
        alone.append(solve(System(diagonal, step, left * only, right * only, system.mask)))
    total = alone[0].transmission + alone[1].transmission
    np.testing.assert_allclose(both, total, rtol=1e-9, atol=1e-300)


def test_single_level() -> None:
    """Breit-Wigner: T = Gl Gr / ((E - e)^2 + ((Gl + Gr) / 2)^2)."""
    level, left, right = 0.3, 0.1, 0.4
    diagonal = torch.full((1, 1, 1, 1), level, dtype=torch.float64)
    step = torch.zeros((1, 0, 1, 1), dtype=torch.float64)
    gammas = [torch.full((1, 1, 1), gamma, dtype=torch.float64) for gamma in (left, right)]
    result = block_spectra(diagonal, step, *gammas, torch.from_numpy(ENERGIES))
    wanted = left * right / ((ENERGIES - level) ** 2 + ((left + right) / 2) ** 2)
    np.testing.assert_allclose(result.transmission[0], wanted, rtol=1e-13)


def uniform_chain(length: int, hopping: float) -> System:
    """Two decoupled uniform chains; only the first one has contacts."""
    step = np.tile(hopping * np.eye(2), (length - 1, 1, 1))
    left, right = np.zeros((length, 2)), np.zeros((length, 2))
    left[0, 0] = right[-1, 0] = 2.0 * hopping
    return System(np.zeros((length, 2, 2)), step, left, right, np.ones((length, 2), dtype=bool))


def test_uniform_chain_closed_form() -> None:
    """Contacts with Gamma = 2 t match the band center: T(0) = 1 whatever the length."""
    for length in (2, 5, 12):
        result = solve(uniform_chain(length, 0.25), np.array([0.0]))
        np.testing.assert_allclose(result.transmission, 1.0, rtol=1e-12)


@pytest.mark.parametrize("length", [40, 1000])
def test_log_transmission_where_transmission_underflows(length: int) -> None:
    """log10 T of a long barrier against 60-digit arithmetic; T is far below 1e-300 at 1000 bp."""
    hopping, energy = 0.05, 1.3
    system = uniform_chain(length, hopping)
    mpmath.mp.dps = 60
    self_energy = mpmath.mpc(0, mpmath.mpf(hopping))
    pivot = mpmath.mpf(energy) + self_energy
    element = 1 / pivot
    for n in range(1, length):
        pivot = mpmath.mpf(energy) - mpmath.mpf(hopping) ** 2 / pivot
        if n == length - 1:
            pivot += self_energy
        element *= mpmath.mpf(hopping) / pivot
    wanted = mpmath.log10((2 * mpmath.mpf(hopping)) ** 2 * abs(element) ** 2)
    result = solve(system, np.array([energy]))
    assert abs(float(result.log10_transmission) - float(wanted)) < 1e-9
    assert length < 1000 or float(wanted) < -2000


@physical
@given(seeds, st.sampled_from([1, 2, 7, 20]), st.booleans(), st.sampled_from([0.0, 0.01]))
def test_compiled_kernel_is_the_recursion(seed: int, length: int, blanks: bool, eta: float) -> None:
    """Values and gradients of the kernel and of the readable definition are the same."""
    diagonal, step, left, right, mask = random_system(seed, length, 2, blanks=blanks).tensors()
    energies = torch.linspace(-1.7, 1.9, LANES + 3, dtype=torch.float64)
    blocks = diagonal.requires_grad_(), step.requires_grad_()
    result = block_spectra(*blocks, left, right, energies, mask=mask, eta=eta)
    generator = torch.Generator().manual_seed(seed)
    cotangents = [torch.randn(one.shape, generator=generator, dtype=one.dtype) for one in result]
    cotangents[0] = torch.where(result.log10_transmission.isfinite(), cotangents[0], 0.0)
    mine = torch.autograd.grad(result, blocks, cotangents)
    ladder = _ladder(*(one.detach() for one in blocks), left, right, energies, mask, eta)
    mantissa, exponent, dos, ldos = _recursion.forward(ladder)
    wanted = mantissa.log10() + exponent * math.log10(2.0), dos.log10(), ldos.clamp_min(1e-300)
    np.testing.assert_allclose(result.log10_transmission.detach(), wanted[0], atol=1e-10)
    np.testing.assert_allclose(result.log10_dos.detach(), wanted[1], atol=1e-10)
    np.testing.assert_allclose(result.ldos.detach(), wanted[2], rtol=1e-8, atol=1e-200)
    theirs = _recursion.backward(ladder, *(one / math.log(10.0) for one in cotangents))
    for one, other in zip(mine, theirs, strict=True):
        largest = float(other.abs().max()) if other.numel() else 0.0
        np.testing.assert_allclose(one, other, rtol=1e-8, atol=1e-8 * largest)


def test_less_and_plainer_output_is_the_same() -> None:
    system = random_system(5, 9, 2, blanks=True)
    diagonal, step, left, right, mask = system.tensors()
    arguments = diagonal, step, left, right, torch.linspace(-2.0, 2.0, 21, dtype=torch.float64)
    whole = block_spectra(*arguments, mask=mask)
    totals = block_totals(*arguments, mask=mask)
    plain = block_densities(*arguments, mask=mask)
    np.testing.assert_array_equal(totals.log10_transmission, whole.log10_transmission)
    np.testing.assert_array_equal(totals.log10_dos, whole.log10_dos)
    np.testing.assert_array_equal(
        plain.ldos.clamp_min(torch.finfo(torch.float64).tiny).log10(), whole.log10_ldos[mask]
    )
    np.testing.assert_array_equal(plain.dos.log10(), whole.log10_dos)
    np.testing.assert_allclose(plain.transmission, whole.transmission, rtol=1e-13)
    assert len(plain.ldos) == int(mask.sum())


def test_the_gradient_of_less_output_is_the_same() -> None:
    diagonal, step, left, right, _ = random_system(6, 5, 2).tensors()
    blocks = diagonal.requires_grad_(), step.requires_grad_()
    energies = torch.from_numpy(ENERGIES)
    gradients = []
    for function in (block_spectra, block_totals):
        result = function(*blocks, left, right, energies)
        loss = result.log10_transmission.sum() + (result.log10_dos**2).sum()
        gradients.append(torch.autograd.grad(loss, blocks))
    for one, other in zip(*gradients, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12)


def test_one_grid_for_each_junction() -> None:
    """Every junction of a batch may have energies of its own."""
    systems = [random_system(seed, 4, 2) for seed in (1, 2)]
    tensors = [torch.cat(parts) for parts in zip(*(s.tensors() for s in systems), strict=True)]
    energies = torch.linspace(-1.0, 1.0, 2 * 18, dtype=torch.float64).reshape(2, 18)
    together = block_spectra(*tensors[:4], energies)
    for row, system in enumerate(systems):
        alone = block_spectra(*system.tensors()[:4], energies[row])
        for one, other in zip(together, alone, strict=True):
            np.testing.assert_array_equal(one[row], other[0])


def test_float32_input_gives_float64_spectra_and_float32_gradients() -> None:
    diagonal, step, left, right, _ = random_system(0, 5, 2).tensors()
    diagonal, step = diagonal.float().requires_grad_(), step.float().requires_grad_()
    result = block_spectra(diagonal, step, left.float(), right.float(), torch.from_numpy(ENERGIES))
    result.log10_transmission.sum().backward()
    assert result.log10_transmission.dtype == torch.float64
    assert diagonal.grad is not None
    assert diagonal.grad.dtype == torch.float32


def test_disconnected_contacts_do_not_spoil_gradients() -> None:
    system = random_system(1, 4, 2)
    system.step[1] = 0.0
    diagonal, step, left, right, _ = system._replace(
        gamma_left=np.eye(8)[1].reshape(4, 2) * 0.1, gamma_right=np.eye(8)[6].reshape(4, 2) * 0.1
    ).tensors()
    diagonal.requires_grad_()
    result = block_spectra(diagonal, step, left, right, torch.from_numpy(ENERGIES))
    assert bool(result.log10_transmission.isneginf().all())
    result.log10_dos.sum().backward()
    assert diagonal.grad is not None
    assert bool(diagonal.grad.isfinite().all())


@pytest.mark.parametrize("bad", [-0.1, math.nan, math.inf])
def test_impossible_couplings_are_refused(bad: float) -> None:
    diagonal, step, left, right, _ = random_system(1, 4, 2).tensors()
    left[0, 0, 0] = bad
    with pytest.raises(ValueError, match="couplings"):
        block_spectra(diagonal, step, left, right, torch.from_numpy(ENERGIES))
    with pytest.raises(ValueError, match="eta"):
        block_spectra(diagonal, step, right, right, torch.from_numpy(ENERGIES), eta=bad)


def test_no_contact_at_all_is_refused() -> None:
    diagonal, step, left, _, _ = random_system(1, 4, 2).tensors()
    with pytest.raises(ValueError, match="neither a contact"):
        block_spectra(diagonal, step, 0 * left, 0 * left, torch.from_numpy(ENERGIES))
