"""Spectra of DNA ladders against sisl, an independent code with its own recursion."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from dnawire.tightbinding import dense_hamiltonian, ladder_blocks, load_parameters
from dnawire.transport import Spectra, block_spectra

pytest.importorskip("sisl_toolbox.btd", reason="sisl, the independent code, is not installed")
from tests.physics.sisl_reference import device_green

Array = NDArray[np.float64]

ENERGIES = {
    "kordas2025": np.array([-8.1, -7.61, -7.2, -7.1]),
    "roche-voityuk": np.array([-1.3, -0.4, 0.01, 0.5]),
}
SETS = sorted(ENERGIES)
DECADES = 1e-11
"""Agreed in log10 T. Found: 1e-12, with T down to 1e-108."""
RELATIVE = 1e-10
"""Agreed in DOS, and in the LDOS of every base above 1e-280 /eV. Found: 2e-12 and 1e-11."""


def sisl_spectra(
    hamiltonian: Array, left: Array, right: Array, energies: Array
) -> tuple[Array, Array]:
    """T (E,) and LDOS (N, E) of a complete ladder."""
    greens = device_green(hamiltonian, {"left": left, "right": right})
    transmission, ldos = [], []
    for energy in energies:
        transmission.append(greens.transmission(energy, "left", "right"))
        states = [greens.spectral(energy, name, format="bd") for name in ("left", "right")]
        ldos.append(sum(np.diag(one.toarray()).real for one in states) / (2.0 * np.pi))
    return np.array(transmission), np.array(ldos).T


class Wire(NamedTuple):
    """A complete random duplex and the couplings of its contacts."""

    diagonal: Array
    step: Array
    left: Array
    right: Array

    def ours(self, energies: Array) -> Spectra[Array]:
        diagonal, step, left, right = (part[None] for part in self)
        return block_spectra(diagonal, step, left, right, energies)

    def theirs(self, energies: Array) -> tuple[Array, Array]:
        present = np.ones(self.left.shape, dtype=bool)
        hamiltonian = dense_hamiltonian(self.diagonal, self.step, present)
        return sisl_spectra(hamiltonian, self.left.ravel(), self.right.ravel(), energies)


def wire(name: str, length: int, first: int, last: int) -> Wire:
    """Unequal couplings of three bases near pair ``first`` and two near pair ``last``."""
    upper = np.random.default_rng(length).integers(0, 4, (1, length))
    blocks = ladder_blocks(np.stack((upper, 3 - upper), axis=-1), load_parameters(name))
    left, right = np.zeros((length, 2)), np.zeros((length, 2))
    left[first], left[first + 1, 1] = (0.1, 0.03), 0.02
    right[last, 0], right[last - 1, 1] = 0.2, 0.05
    return Wire(blocks.diagonal[0], blocks.step[0], left, right)


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize(
    ("length", "first", "last"),
    [(8, 0, 7), (100, 0, 99), pytest.param(1000, 500, 530, id="1000-inside")],
)
def test_agrees_with_sisl(name: str, length: int, first: int, last: int) -> None:
    energies = ENERGIES[name][: 4 if length < 1000 else 2]
    junction = wire(name, length, first, last)
    ours, (transmission, ldos) = junction.ours(energies), junction.theirs(energies)
    np.testing.assert_allclose(
        ours.log10_transmission[0], np.log10(transmission), rtol=0.0, atol=DECADES
    )
    np.testing.assert_allclose(ours.dos[0], ldos.sum(0), rtol=RELATIVE)
    mine = ours.ldos[0].reshape(ldos.shape)
    seen = ldos > 1e-280
    assert seen.sum() > 500 or seen.all()
    np.testing.assert_allclose(mine[seen], ldos[seen], rtol=RELATIVE)
    assert mine[~seen].max(initial=0.0) < 1e-279


@pytest.mark.parametrize("name", SETS)
def test_sisl_underflows_where_the_logarithm_goes_on(name: str) -> None:
    energies = ENERGIES[name][:1]
    junction = wire(name, 1000, 0, 999)
    ours, (transmission, ldos) = junction.ours(energies), junction.theirs(energies)
    assert transmission[0] == 0.0
    assert -10000.0 < float(ours.log10_transmission[0, 0]) < -324.0
    np.testing.assert_allclose(ours.dos[0], ldos.sum(0), rtol=RELATIVE)
