"""Spectra and gradients of DNA ladders against arithmetic of 80 digits.

The largest errors that were found stand beside the tolerances.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch

from dnawire.junction import MISSING_CODE, Duplex
from dnawire.operators import transport as operators
from dnawire.tightbinding import ladder_blocks, load_parameters
from dnawire.transport import block_spectra
from tests.physics.exact_arithmetic import Columns, greens_columns, junction_of
from tests.physics.oracle import System

WINDOWS = {
    "kordas2025": [-8.1, -7.61, -7.2, -7.13, -7.1, -6.6],
    "roche-voityuk": [-2.9, -1.3, -0.4, 0.0, 0.01, 0.5],
}
"""Energies in eV: on levels of single bases, among them, and far outside."""

DECADES = 1e-11
"""Of log10 T. Found: 2e-12."""
DENSITY_DECADES = 1e-10
"""Of log10 DOS and LDOS. Found: 2e-11 on a resonance of 1e-5 eV, which E holds to ten digits."""
RELATIVE = 1e-10
"""Of every element of the gradient. Found: 3e-12."""

SETS = sorted(WINDOWS)


def ladder(name: str, codes: np.ndarray, left: np.ndarray, right: np.ndarray) -> System:
    blocks = ladder_blocks(codes[None], load_parameters(name))
    mask = blocks.mask[0]
    return System(blocks.diagonal[0], blocks.step[0], left * mask, right * mask, mask)


def random_codes(length: int, *, missing: float) -> np.ndarray:
    rng = np.random.default_rng(length)
    upper = rng.integers(0, 4, length)
    codes = np.stack((upper, 3 - upper), axis=-1)
    blank = rng.random(length) < missing
    codes[blank, rng.integers(0, 2, blank.sum())] = MISSING_CODE
    return codes


def long_ladder(name: str) -> System:
    """1,000 base pairs; three unequal bases of both strands at either end."""
    left, right = np.zeros((1000, 2)), np.zeros((1000, 2))
    left[0], left[2, 1] = (0.1, 0.03), 0.02
    right[-1], right[-3, 0] = (0.2, 0.05), 0.01
    return ladder(name, random_codes(1000, missing=0.0), left, right)


def assert_same_spectra(system: System, energy: float, exact: Columns) -> None:
    diagonal, step, left, right, mask = system.arrays()
    found = block_spectra(diagonal, step, left, right, np.array([energy]), mask=mask)
    assert abs(float(found.log10_transmission[0, 0]) - exact.log10_transmission()) < DECADES
    assert abs(float(found.log10_dos[0, 0]) - exact.log10_dos()) < DENSITY_DECADES
    wanted = exact.log10_ldos()
    ldos = found.log10_ldos[0][system.mask, 0]
    seen = wanted > -290.0
    np.testing.assert_allclose(ldos[seen], wanted[seen], rtol=0.0, atol=DENSITY_DECADES)
    assert ldos[~seen].max(initial=-300.0) < -289.0


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("missing", [0.0, 0.1])
@pytest.mark.parametrize("index", range(6))
def test_contacts_anywhere_on_both_strands(name: str, missing: float, index: int) -> None:
    left, right = np.zeros((40, 2)), np.zeros((40, 2))
    left[0], left[10, 1], left[20, 0] = (0.1, 0.03), 0.02, 0.005
    right[-1], right[20, 0], right[30, 1] = (0.2, 0.05), 0.01, 0.3
    system = ladder(name, random_codes(40, missing=missing), left, right)
    energy = WINDOWS[name][index]
    assert_same_spectra(system, energy, greens_columns(junction_of(system), energy))


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("index", [0, 1, 3, 4])
def test_a_thousand_base_pairs(name: str, index: int) -> None:
    system, energy = long_ladder(name), WINDOWS[name][index]
    exact = greens_columns(junction_of(system), energy)
    assert exact.log10_transmission() < -600.0
    assert_same_spectra(system, energy, exact)


@pytest.mark.parametrize("name", SETS)
def test_the_gradient_of_log_transmission_over_a_thousand_base_pairs(name: str) -> None:
    system, energy = long_ladder(name), WINDOWS[name][4]
    exact = greens_columns(junction_of(system), energy)
    diagonal, step, left, right, _ = system.tensors()
    blocks = diagonal.requires_grad_(), step.requires_grad_()
    found = operators.block_spectra(
        *blocks, left, right, torch.tensor([energy], dtype=torch.float64)
    )
    by_diagonal, by_step = torch.autograd.grad(found.log10_transmission.sum() * np.log(10), blocks)
    for n in (0, 1, 2, 15, 16, 17, 250, 500, 777, 997, 998):
        rows = 2 * n, 2 * n + 1
        elements = [
            (rows[0], rows[0]),
            rows,
            *((i, j) for i in rows for j in (2 * n + 2, 2 * n + 3)),
        ]
        wanted = np.reshape(exact.slopes(elements), (3, 2))
        onsite, mixed = by_diagonal[0, n, 0, 0], 2.0 * by_diagonal[0, n, 0, 1]
        mine = torch.stack((torch.stack((onsite, mixed)), *by_step[0, n]))
        np.testing.assert_allclose(mine, wanted, rtol=RELATIVE)


@pytest.mark.parametrize(("first", "distance"), [(1, 0.0), (2, 0.0), (2, 1e-12), (2, 1e-8)])
def test_an_energy_on_the_level_of_a_stub(first: int, distance: float) -> None:
    """G without partner in front of the contact: the first pivot vanishes, and digits with it."""
    left, right = np.zeros((7, 2)), np.zeros((7, 2))
    left[first], right[-1] = 0.1, 0.05
    system = ladder("kordas2025", Duplex.parse("GACTGCA/TGCAGT_").codes, left, right)
    energy = -7.13 + distance
    exact = greens_columns(junction_of(system), energy)
    found = block_spectra(*system.arrays()[:4], np.array([energy]))
    assert abs(float(found.log10_transmission[0, 0]) - exact.log10_transmission()) < 1e-6
    assert abs(float(found.log10_dos[0, 0]) - exact.log10_dos()) < 1e-6
