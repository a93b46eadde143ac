"""Transport against an independent implementation, exact identities and closed forms."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

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
    block_spectra,
    block_totals,
)
from dnawire.transport.block import gradient
from dnawire.transport.system import BlockSystem, ContactTables, block_system
from tests.physics.oracle import Array, System, dense_hamiltonian, greens_function, random_system
from tests.physics.oracle import spectra as oracle_spectra

ENERGIES = np.linspace(-1.7, 1.9, 7)
seeds = st.integers(0, 2**32 - 1)
shapes = st.tuples(seeds, st.integers(2, 6), st.integers(1, 3))
physical = settings(max_examples=40, deadline=None)


def solve(system: System, energies: np.ndarray = ENERGIES, eta: float = 0.0) -> Spectra[Array]:
    diagonal, step, left, right, mask = system.arrays()
    return block_spectra(diagonal, step, left, right, energies, mask=mask, eta=eta)


def as_tensors(system: BlockSystem[Any]) -> BlockSystem[Any]:
    arrays = {name: torch.from_numpy(getattr(system, name)) for name in system._fields[:-2]}
    contacts = ContactTables(*map(torch.from_numpy, system.contacts))
    return BlockSystem(**arrays, contacts=contacts, eta=system.eta)


def ldos_of(result: Spectra[Array], system: System) -> Array:
    length, orbitals = system.mask.shape
    return np.reshape(result.ldos[0], (length * orbitals, -1))[system.mask.ravel()]


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
    assert (result.ldos >= 0).all()
    assert (result.transmission >= 0).all()
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
    dos = solve(system, energies).dos[0]
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
    gamma_left, gamma_right = (np.full((1, 1, 1), gamma) for gamma in (left, right))
    diagonal, step = np.full((1, 1, 1, 1), level), np.zeros((1, 0, 1, 1))
    result = block_spectra(diagonal, step, gamma_left, gamma_right, ENERGIES)
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
    assert abs(float(result.log10_transmission[0, 0]) - float(wanted)) < 1e-9
    assert length < 1000 or float(wanted) < -2000


@physical
@given(seeds, st.sampled_from([1, 2, 7, 20]), st.booleans(), st.sampled_from([0.0, 0.01]))
def test_compiled_kernel_is_the_recursion(seed: int, length: int, blanks: bool, eta: float) -> None:
    """Values and gradients of the kernel, of the definition, and of the definition on tensors."""
    diagonal, step, left, right, mask = random_system(seed, length, 2, blanks=blanks).arrays()
    energies = np.linspace(-1.7, 1.9, LANES + 3)
    system = block_system(diagonal, step, left, right, energies, mask, eta)
    result = block_spectra(diagonal, step, left, right, energies, mask=mask, eta=eta)
    rng = np.random.default_rng(seed)
    cotangents = [rng.normal(size=one.shape) for one in result]
    cotangents[0] = np.where(np.isfinite(result.log10_transmission), cotangents[0], 0.0)
    mine = gradient(system, cotangents, np)
    for arrays, arriving, xp in (
        (system, cotangents, np),
        (
            as_tensors(system),
            [torch.from_numpy(one) for one in cotangents],
            torch,
        ),
    ):
        mantissa, exponent, dos, ldos = map(np.asarray, _recursion.forward(arrays, xp))
        with np.errstate(divide="ignore"):
            log10_transmission = np.log10(mantissa) + exponent * math.log10(2.0)
        np.testing.assert_allclose(result.log10_transmission, log10_transmission, atol=1e-10)
        np.testing.assert_allclose(result.log10_dos, np.log10(dos), atol=1e-10)
        np.testing.assert_allclose(result.ldos, ldos, rtol=1e-8, atol=1e-200)
        theirs = _recursion.backward(arrays, arriving, xp)
        for one, other in zip(mine, theirs, strict=True):
            scaled = np.asarray(other) / math.log(10.0)
            largest = np.abs(scaled).max(initial=0.0)
            np.testing.assert_allclose(one, scaled, rtol=1e-8, atol=1e-8 * largest)


def test_less_output_is_the_same() -> None:
    system = random_system(5, 9, 2, blanks=True)
    *arguments, mask = *system.arrays()[:4], np.linspace(-2.0, 2.0, 21), system.mask[None]
    whole = block_spectra(*arguments, mask=mask)
    totals = block_totals(*arguments, mask=mask)
    np.testing.assert_array_equal(totals.log10_transmission, whole.log10_transmission)
    np.testing.assert_array_equal(totals.log10_dos, whole.log10_dos)


def test_one_grid_for_each_junction() -> None:
    """Every junction of a batch may have energies of its own."""
    systems = [random_system(seed, 4, 2) for seed in (1, 2)]
    diagonal, step, left, right = (
        np.concatenate(parts) for parts in zip(*(s.arrays()[:4] for s in systems), strict=True)
    )
    energies = np.linspace(-1.0, 1.0, 2 * 18).reshape(2, 18)
    together = block_spectra(diagonal, step, left, right, energies)
    for row, system in enumerate(systems):
        alone = block_spectra(*system.arrays()[:4], energies[row])
        for one, other in zip(together, alone, strict=True):
            np.testing.assert_array_equal(one[row], other[0])


def test_arrays_of_any_kind_are_taken() -> None:
    """In single precision, read-only and not contiguous; the spectra are float64."""

    def read_only(array: Array) -> Array:
        array = np.asfortranarray(array)
        array.setflags(write=False)
        return array

    def solve_as(change: Callable[[Array], Any], energies: Any) -> Spectra[Array]:  # noqa: ANN401
        diagonal, step, left, right = map(change, random_system(0, 5, 2).arrays()[:4])
        return block_spectra(diagonal, step, left, right, energies)

    wanted = solve_as(np.ascontiguousarray, ENERGIES)
    for one, other in zip(solve_as(read_only, ENERGIES), wanted, strict=True):
        np.testing.assert_array_equal(one, other)
    single = solve_as(lambda array: array.astype(np.float32), ENERGIES.tolist())
    assert single.log10_transmission.dtype == np.float64
    np.testing.assert_allclose(single.log10_transmission, wanted.log10_transmission, atol=1e-4)


def test_disconnected_contacts() -> None:
    system = random_system(1, 4, 2)
    system.step[1] = 0.0
    left, right = (np.eye(8)[site].reshape(4, 2) * 0.1 for site in (1, 6))
    result = solve(system._replace(gamma_left=left, gamma_right=right))
    assert np.isneginf(result.log10_transmission).all()
    assert np.isfinite(result.log10_dos).all()


@pytest.mark.parametrize("bad", [-0.1, math.nan, math.inf])
def test_impossible_couplings_are_refused(bad: float) -> None:
    diagonal, step, left, right, _ = random_system(1, 4, 2).arrays()
    left[0, 0, 0] = bad
    with pytest.raises(ValueError, match="couplings"):
        block_spectra(diagonal, step, left, right, ENERGIES)
    with pytest.raises(ValueError, match="eta"):
        block_spectra(diagonal, step, right, right, ENERGIES, eta=bad)


def test_no_contact_at_all_is_refused() -> None:
    diagonal, step, left, _, _ = random_system(1, 4, 2).arrays()
    with pytest.raises(ValueError, match="neither a contact"):
        block_spectra(diagonal, step, 0 * left, 0 * left, ENERGIES)
