"""Exact identities of transport, for the ladder of every parameter set that is shipped."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dnawire.junction import Duplex
from dnawire.tightbinding import (
    available_parameters,
    dense_hamiltonian,
    ladder_blocks,
    load_parameters,
)
from dnawire.transport import Spectra, block_spectra

Array = np.ndarray
every_set = pytest.mark.parametrize("name", available_parameters())
physical = settings(max_examples=25, deadline=None)


class Wire(NamedTuple):
    """A duplex with the couplings of its contacts, in ladder layout (L, 2)."""

    duplex: Duplex
    left: Array
    right: Array


@st.composite
def wires(draw: st.DrawFn) -> Wire:
    """Any bases on both strands, one in nine missing; one to three bases anywhere per contact."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    length = draw(st.integers(1, 12))
    letters = rng.choice(list("AACCGGTT_"), size=(2, length))
    letters[0, 0] = "G"
    duplex = Duplex(*("".join(strand) for strand in letters))
    return Wire(duplex, _contact(rng, duplex), _contact(rng, duplex))


def _contact(rng: np.random.Generator, duplex: Duplex) -> Array:
    present = np.flatnonzero(duplex.mask)
    number = min(int(rng.integers(1, 4)), len(present))
    chosen = rng.choice(present, size=number, replace=False)
    gamma = np.zeros(duplex.codes.size)
    gamma[chosen] = rng.uniform(0.02, 0.3, len(chosen))
    return gamma.reshape(duplex.codes.shape)


def grid(name: str) -> Array:
    """Energies of the window of the set, none of them on a level of a base."""
    return np.linspace(*load_parameters(name).energy_window, 23) + 1.7e-3


def solve(
    wire: Wire, name: str, energies: Array, *, shift: float = 0.0, signs: Array | None = None
) -> Spectra[Array]:
    """Spectra, with all levels moved by ``shift`` and orbitals times ``signs`` (L, 2)."""
    blocks = ladder_blocks(wire.duplex.codes[None], load_parameters(name))
    sign = np.ones(wire.left.shape) if signs is None else signs
    diagonal = blocks.diagonal[0] * sign[:, :, None] * sign[:, None]
    step = blocks.step[0] * sign[:-1, :, None] * sign[1:, None]
    diagonal += shift * np.eye(2) * blocks.mask[0][:, None]
    left, right = wire.left[None], wire.right[None]
    return block_spectra(diagonal[None], step[None], left, right, energies, mask=blocks.mask)


def dense(wire: Wire, name: str) -> tuple[Array, Array, Array]:
    """H (N, N), and the couplings (N,) of the bases that exist."""
    blocks = ladder_blocks(wire.duplex.codes[None], load_parameters(name))
    mask = blocks.mask[0]
    hamiltonian = dense_hamiltonian(blocks.diagonal[0], blocks.step[0], mask)
    return hamiltonian, wire.left[mask], wire.right[mask]


def assert_same(one: Spectra[Array], other: Spectra[Array], decades: float) -> None:
    np.testing.assert_allclose(one.log10_transmission, other.log10_transmission, atol=decades)
    np.testing.assert_allclose(one.log10_dos, other.log10_dos, atol=decades)


@every_set
@physical
@given(wires())
def test_reciprocity(name: str, wire: Wire) -> None:
    swapped = wire._replace(left=wire.right, right=wire.left)
    assert_same(solve(wire, name, grid(name)), solve(swapped, name, grid(name)), 1e-10)


@every_set
@physical
@given(wires())
def test_bounds(name: str, wire: Wire) -> None:
    found = solve(wire, name, grid(name))
    rank = min((wire.left > 0).sum(), (wire.right > 0).sum())
    assert float(found.transmission.min()) >= 0.0
    assert float(found.transmission.max()) <= rank + 1e-9
    assert float(found.ldos.min()) >= 0.0
    np.testing.assert_allclose(found.ldos.sum((1, 2)), found.dos, rtol=1e-12)


@every_set
@physical
@given(wires())
def test_spectral_identity_and_hermiticity(name: str, wire: Wire) -> None:
    """DOS = Tr[G (Gamma_L + Gamma_R) G^dagger] / 2 pi; H is symmetric to the last bit."""
    hamiltonian, left, right = dense(wire, name)
    np.testing.assert_array_equal(hamiltonian, hamiltonian.T)
    energies = grid(name)
    matrix = energies[:, None, None] * np.eye(len(left)) - hamiltonian
    greens = np.linalg.inv(matrix + 0.5j * np.diag(left + right))
    wanted = np.einsum("eij,j,eij->e", greens, left + right, greens.conj()).real / (2 * np.pi)
    np.testing.assert_allclose(solve(wire, name, energies).dos[0], wanted, rtol=1e-8)


@every_set
@physical
@given(wires())
def test_states_are_orbitals(name: str, wire: Wire) -> None:
    """All bases in contact; the DOS integrates to its closed form, which counts every orbital."""
    everywhere = wire._replace(left=wire.left + 0.4 * wire.duplex.mask)
    hamiltonian, left, right = dense(everywhere, name)
    levels = np.linalg.eigvals(hamiltonian - 0.5j * np.diag(left + right))

    def states(low: float, high: float) -> float:
        return float(-np.sum(np.log(high - levels) - np.log(low - levels)).imag / np.pi)

    assert states(-1e7, 1e7) == pytest.approx(len(left), abs=1e-5)
    low, high = load_parameters(name).energy_window
    nodes, weights = np.polynomial.legendre.leggauss(300)
    energies = 0.5 * (high - low) * nodes + 0.5 * (high + low)
    dos = solve(everywhere, name, energies).dos[0]
    assert 0.5 * (high - low) * weights @ dos == pytest.approx(states(low, high), rel=1e-9)


@every_set
@physical
@given(wires())
def test_strand_relabelling(name: str, wire: Wire) -> None:
    """Written from the other strand, contacts moved along: equal spectra, reversed LDOS."""
    flipped = Wire(wire.duplex.flipped(), wire.left[::-1, ::-1], wire.right[::-1, ::-1])
    one, other = solve(wire, name, grid(name)), solve(flipped, name, grid(name))
    assert_same(one, other, 1e-10)
    np.testing.assert_allclose(one.ldos, other.ldos[:, ::-1, ::-1], rtol=1e-8, atol=1e-200)


@every_set
@physical
@given(wires(), st.floats(-5.0, 5.0))
def test_energy_shift(name: str, wire: Wire, shift: float) -> None:
    moved = solve(wire, name, grid(name) + shift, shift=shift)
    assert_same(solve(wire, name, grid(name)), moved, 1e-8)


@every_set
@physical
@given(wires(), st.integers(0, 2**32 - 1))
def test_gauge(name: str, wire: Wire, seed: int) -> None:
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], wire.left.shape)
    one, other = solve(wire, name, grid(name)), solve(wire, name, grid(name), signs=signs)
    assert_same(one, other, 1e-10)
    np.testing.assert_allclose(one.ldos, other.ldos, rtol=1e-9, atol=1e-200)


@every_set
@pytest.mark.parametrize("base", "ACGT")
def test_one_level(name: str, base: str) -> None:
    """A base alone: T = Gl Gr / ((E - e)^2 + ((Gl + Gr) / 2)^2)."""
    duplex = Duplex(base, "_")
    wire = Wire(duplex, np.array([[0.1, 0.0]]), np.array([[0.4, 0.0]]))
    level = load_parameters(name).onsite["ACGT".index(base)]
    wanted = 0.04 / ((grid(name) - level) ** 2 + 0.25**2)
    found = solve(wire, name, grid(name))
    np.testing.assert_allclose(found.transmission[0], wanted, rtol=1e-11)
    np.testing.assert_allclose(found.dos[0], wanted * 0.5 / 0.04 / (2 * np.pi), rtol=1e-11)


@every_set
@pytest.mark.parametrize("base", "ACGT")
@pytest.mark.parametrize("length", [2, 5, 12, 100])
def test_uniform_chain(name: str, base: str, length: int) -> None:
    """A strand of one base, matched contacts Gamma = 2 t: T = 1 / |closed form|^2 in U_n(x)."""
    parameters = load_parameters(name)
    code = "ACGT".index(base)
    hopping, level = parameters.stacking[code, code], parameters.onsite[code]
    left, right = np.zeros((length, 2)), np.zeros((length, 2))
    left[0, 0] = right[-1, 0] = 2.0 * hopping
    wire = Wire(Duplex(base * length, "_" * length), left, right)
    angle = np.linspace(0.3, 2.8, 9)
    energies = level + 2.0 * hopping * np.cos(angle)
    u = [np.sin((n + 1) * angle) / np.sin(angle) for n in (length, length - 1, length - 2)]
    wanted = 4.0 / np.abs(u[0] + 2j * u[1] - u[2]) ** 2
    found = solve(wire, name, energies).transmission[0]
    np.testing.assert_allclose(found, wanted, rtol=1e-9)
    center = solve(wire, name, np.array([level])).transmission
    np.testing.assert_allclose(center, 1.0, rtol=1e-9)


@every_set
@pytest.mark.parametrize("length", [2, 6, 12])
def test_decoupled_strands_add(name: str, length: int) -> None:
    """With all couplings between the strands removed, T is the sum of both strands."""
    left, right = np.zeros((length, 2)), np.zeros((length, 2))
    left[0], right[-1] = 0.3, 0.2
    blocks = ladder_blocks(Duplex("G" * length, "A" * length).codes[None], load_parameters(name))
    parts = []
    for kept in (np.eye(2), np.diag([1.0, 0.0]), np.diag([0.0, 1.0])):
        gamma = np.diag(kept)
        arrays = (blocks.diagonal * np.eye(2), blocks.step * np.eye(2), left[None] * gamma,
                  right[None] * gamma)  # fmt: skip
        parts.append(block_spectra(*arrays, grid(name)).transmission)
    np.testing.assert_allclose(parts[0], parts[1] + parts[2], rtol=1e-10)
