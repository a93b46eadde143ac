"""The analytic adjoint against finite differences, in double precision.

Blocks of two orbitals run in compiled code, others in the recursion in torch; from 17 blocks on
both keep scales.
"""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from dnawire.operators.transport import block_spectra, block_totals, dense_spectra
from tests.physics.oracle import random_system

ENERGIES = torch.tensor([-0.4, 0.7], dtype=torch.float64)

CONTACTS = {
    "ends of one strand": ([(0, 0)], [(-1, 0)]),
    "ends of both strands": ([(0, 0), (0, 1)], [(-1, 0), (-1, 1)]),
    "across": ([(0, 1)], [(-1, 0)]),
    "inside": ([(1, 0)], [(-2, 1)]),
    "inside, dangling ends": ([(2, 0)], [(2, 1)]),
    "several, interleaved": ([(0, 0), (2, 1), (-1, 1)], [(1, 0), (-1, 0)]),
    "the same base": ([(1, 1)], [(1, 1)]),
    "overlapping": ([(0, 0), (1, 0)], [(1, 0), (-1, 1)]),
}


def junction(where: str, length: int, orbitals: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """A random Hamiltonian; every contact orbital has a coupling of its own."""
    diagonal, step, left, right, _ = random_system(length, length, orbitals).tensors()
    for gamma, sites in zip((left, right), CONTACTS[where], strict=True):
        gamma.zero_()
        for number, (block, orbital) in enumerate(sites):
            gamma[0, block, orbital % orbitals] = 0.1 + 0.07 * number
    return diagonal, step, left, right


def check(diagonal: Tensor, step: Tensor, left: Tensor, right: Tensor) -> bool:
    """Check log10 T, log10 DOS and log10 LDOS at once."""

    def spectra(diagonal: Tensor, step: Tensor = step) -> tuple[Tensor, ...]:
        return tuple(block_spectra(diagonal, step, left, right, ENERGIES))

    blocks = [one.requires_grad_() for one in (diagonal, step) if one.numel()]
    passed: bool = torch.autograd.gradcheck(spectra, blocks, eps=1e-6, atol=1e-5, rtol=1e-5)
    return passed


@pytest.mark.parametrize("where", CONTACTS)
@pytest.mark.parametrize("orbitals", [2, 4])
def test_contacts_anywhere(where: str, orbitals: int) -> None:
    assert check(*junction(where, 4, orbitals))


@pytest.mark.parametrize("where", ["ends of both strands", "several, interleaved", "inside"])
@pytest.mark.parametrize("orbitals", [1, 2])
def test_long_ladders(where: str, orbitals: int) -> None:
    assert check(*junction(where, 18, orbitals))


@pytest.mark.parametrize("orbitals", [1, 2, 3, 4])
@pytest.mark.parametrize("eta", [0.0, 0.01])
def test_missing_orbitals_and_broadening(orbitals: int, eta: float) -> None:
    diagonal, step, left, right, mask = random_system(3, 4, orbitals, blanks=True).tensors()
    found = block_spectra(diagonal, step, left, right, ENERGIES, mask=mask, eta=eta)
    assert bool(found.log10_transmission.isfinite().all())

    def spectra(diagonal: Tensor, step: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        result = block_spectra(diagonal, step, left, right, ENERGIES, mask=mask, eta=eta)
        return result.log10_transmission, result.log10_dos, result.ldos

    assert torch.autograd.gradcheck(spectra, (diagonal.requires_grad_(), step.requires_grad_()))


Sites = list[tuple[int, int]]


@pytest.mark.parametrize("sites", [([(0, 0)], [(0, 1)]), ([(0, 0)], [(0, 0)])])
@pytest.mark.parametrize("orbitals", [2, 4])
def test_a_single_base_pair(sites: tuple[Sites, Sites], orbitals: int) -> None:
    diagonal, step, left, right, _ = random_system(5, 1, orbitals).tensors()
    for gamma, places in zip((left, right), sites, strict=True):
        gamma.zero_()
        for place in places:
            gamma[(0, *place)] = 0.2
    assert step.numel() == 0
    assert check(diagonal, step, left, right)


def test_a_single_orbital_in_closed_form() -> None:
    """d ln T / d e = 2 (E - e) / ((E - e)^2 + Gamma^2 / 4)."""
    level = torch.full((1, 1, 1, 1), 0.3, dtype=torch.float64, requires_grad=True)
    step = torch.zeros((1, 0, 1, 1), dtype=torch.float64)
    left, right = (torch.full((1, 1, 1), gamma, dtype=torch.float64) for gamma in (0.1, 0.4))
    found = block_totals(level, step, left, right, ENERGIES).log10_transmission.sum()
    (slope,) = torch.autograd.grad(found, level)
    distance = ENERGIES - 0.3
    wanted = (2.0 * distance / (distance**2 + 0.25**2)).sum() / torch.log(
        torch.tensor(10.0, dtype=torch.float64)
    )
    torch.testing.assert_close(slope.squeeze(), wanted, rtol=1e-12, atol=0.0)


@pytest.mark.parametrize("orbitals", [2, 3])
def test_gradients_of_a_batch_are_those_of_its_members(orbitals: int) -> None:
    systems = [random_system(seed, 5, orbitals, blanks=True).tensors() for seed in (1, 2, 3)]
    together = [torch.cat(parts) for parts in zip(*systems, strict=True)]
    gradients = [_gradient(one) for one in systems]
    for mine, theirs in zip(_gradient(together), zip(*gradients, strict=True), strict=True):
        torch.testing.assert_close(mine, torch.cat(theirs), rtol=1e-9, atol=1e-9)


def _gradient(tensors: list[Tensor]) -> tuple[Tensor, ...]:
    diagonal, step, left, right, mask = tensors
    blocks = diagonal.clone().requires_grad_(), step.clone().requires_grad_()
    found = block_totals(*blocks, left, right, ENERGIES, mask=mask)
    connected = found.log10_transmission.isfinite()
    loss = found.log10_transmission[connected].sum() + found.log10_dos.sum()
    return torch.autograd.grad(loss, blocks)


def test_the_gradient_of_less_output_is_the_same() -> None:
    diagonal, step, left, right, _ = random_system(6, 5, 2).tensors()
    blocks = diagonal.requires_grad_(), step.requires_grad_()
    gradients = []
    for function in (block_spectra, block_totals):
        result = function(*blocks, left, right, ENERGIES)
        loss = result.log10_transmission.sum() + (result.log10_dos**2).sum()
        gradients.append(torch.autograd.grad(loss, blocks))
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-12)


def test_float32_input_gives_float64_spectra_and_float32_gradients() -> None:
    diagonal, step, left, right, _ = random_system(0, 5, 2).tensors()
    diagonal, step = diagonal.float().requires_grad_(), step.float().requires_grad_()
    result = block_spectra(diagonal, step, left.float(), right.float(), ENERGIES)
    result.log10_transmission.sum().backward()
    assert result.log10_transmission.dtype == torch.float64
    assert diagonal.grad is not None
    assert diagonal.grad.dtype == torch.float32


def test_disconnected_contacts_do_not_spoil_gradients() -> None:
    diagonal, step, left, right, _ = random_system(1, 4, 2).tensors()
    step[:, 1] = 0.0
    left, right = torch.zeros_like(left), torch.zeros_like(right)
    left[0, 0, 1] = right[0, 3, 0] = 0.1
    result = block_spectra(diagonal.requires_grad_(), step, left, right, ENERGIES)
    assert bool(result.log10_transmission.isneginf().all())
    result.log10_dos.sum().backward()
    assert diagonal.grad is not None
    assert bool(diagonal.grad.isfinite().all())


def test_gradients_by_couplings_and_energies_are_refused() -> None:
    diagonal, step, left, right, _ = random_system(1, 4, 2).tensors()
    with pytest.raises(ValueError, match="gradients by couplings or energies"):
        block_spectra(diagonal, step, left.requires_grad_(), right, ENERGIES)
    with pytest.raises(ValueError, match="gradients by couplings or energies"):
        block_totals(diagonal, step, right, right, ENERGIES.clone().requires_grad_())
    with pytest.raises(ValueError, match="gradients by couplings or energies"):
        dense_spectra(diagonal[:, 0], left[:, 0], right[:, 0], ENERGIES)
