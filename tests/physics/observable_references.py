"""Closed forms of observables: sums over poles to 40 digits, and ladders to try them on."""

from __future__ import annotations

import math
from collections.abc import Callable

import mpmath
import numpy as np
from numpy.typing import NDArray

from dnawire.constants import BOLTZMANN_EV
from dnawire.junction import Duplex
from dnawire.tightbinding import ladder_blocks, load_parameters
from dnawire.transport import BlockJunctions

Doubles = NDArray[np.float64]

GUANINE = -7.13
"""Highest on-site energy of ``kordas2025`` in eV."""


def duplex_junctions(sequence: str, gamma: float = 0.05) -> BlockJunctions:
    """A duplex of ``kordas2025`` with contacts on both bases of each end."""
    codes = Duplex.parse(sequence).codes[None]
    blocks = ladder_blocks(codes, load_parameters("kordas2025"))
    left, right = np.zeros(codes.shape[1:]), np.zeros(codes.shape[1:])
    left[0] = right[-1] = gamma
    return BlockJunctions.of(blocks.diagonal, blocks.step, left, right, mask=blocks.mask)


def random_ladder(seed: int, length: int, batch: int = 1) -> BlockJunctions:
    """Random real blocks of order 0.1 eV, one contact orbital left, two right, unequal."""
    generator = np.random.default_rng(seed)
    diagonal = 0.1 * generator.normal(size=(batch, length, 2, 2))
    step = 0.1 * generator.normal(size=(batch, length - 1, 2, 2))
    left, right = np.zeros((length, 2)), np.zeros((length, 2))
    left[0, 0], right[-1] = 0.06, (0.02, 0.05)
    return BlockJunctions.of(diagonal + diagonal.swapaxes(2, 3), step, left, right)


def thermal_pole(pole: mpmath.mpc, fermi_energy: float, temperature: float) -> mpmath.mpc:
    """Integral of -f'(E) / (E - pole) over all energies, pole below the real axis."""
    circle = 2 * mpmath.pi * mpmath.mpf(BOLTZMANN_EV) * temperature
    argument = mpmath.mpf(1) / 2 + 1j * (pole - mpmath.mpf(fermi_energy)) / circle
    return -1j / circle * mpmath.psi(1, argument)


def fermi_pole(pole: mpmath.mpc, fermi_energy: float, temperature: float) -> mpmath.mpc:
    """Integral of f(E) / (E - pole), but for a constant that differences do not have."""
    if temperature == 0.0:
        return mpmath.log(mpmath.mpf(fermi_energy) - pole)
    circle = 2 * mpmath.pi * mpmath.mpf(BOLTZMANN_EV) * temperature
    return mpmath.psi(0, mpmath.mpf(1) / 2 + 1j * (pole - mpmath.mpf(fermi_energy)) / circle)


def exact_integral(
    hamiltonian: Doubles,
    left: Doubles,
    right: Doubles,
    of_pole: Callable[[mpmath.mpc], mpmath.mpc],
) -> float:
    """Integral of T(E) and a weight, from that of the weight and 1 / (E - pole), to 40 digits."""
    with mpmath.workdps(40):
        size = len(hamiltonian)
        matrix = mpmath.matrix(hamiltonian.tolist())
        for site in range(size):
            matrix[site, site] -= mpmath.mpc(0, (left[site] + right[site]) / 2)
        poles, vectors = mpmath.eig(matrix)
        norms = [sum(vectors[n, k] ** 2 for n in range(size)) for k in range(size)]
        values = [of_pole(pole) for pole in poles]
        total = mpmath.mpf(0)
        for i in np.flatnonzero(left).tolist():
            for j in np.flatnonzero(right).tolist():
                residues = [vectors[i, k] * vectors[j, k] / norms[k] for k in range(size)]
                total += mpmath.mpf(left[i] * right[j]) * sum(
                    residues[k]
                    * mpmath.conj(residues[m])
                    * (values[k] - mpmath.conj(values[m]))
                    / (poles[k] - mpmath.conj(poles[m]))
                    for k in range(size)
                    for m in range(size)
                )
        return float(mpmath.re(total))


class SingleLevel:
    """T = gl gr / ((E - e)^2 + (gl + gr)^2 / 4): everything is known of it."""

    def __init__(self, energy: float, left: float, right: float) -> None:
        self.energy, self.left, self.right = energy, left, right

    @property
    def junctions(self) -> BlockJunctions:
        """As a single block of one orbital."""
        orbital = np.full((1, 1, 1, 1), self.energy)
        couplings = np.array([[self.left]]), np.array([[self.right]])
        return BlockJunctions.of(orbital, np.zeros((1, 0, 1, 1)), *couplings)

    @property
    def pole(self) -> mpmath.mpc:
        return mpmath.mpc(self.energy, -(mpmath.mpf(self.left) + self.right) / 2)

    def of(self, integral: mpmath.mpc) -> mpmath.mpf:
        """Integral of a weight and T from that of the weight and 1 / (E - pole)."""
        return mpmath.mpf(self.left) * self.right * mpmath.im(integral) / mpmath.im(self.pole)

    def moments(self, fermi_energy: float, temperature: float) -> tuple[float, float, float]:
        """K_0, and mean and variance of (E - mu) / kT over what crosses."""
        with mpmath.workdps(50):
            distance = self.pole - mpmath.mpf(fermi_energy)
            zeroth = thermal_pole(self.pole, fermi_energy, temperature)
            first = 1 + distance * zeroth
            integrals = [self.of(one) for one in (zeroth, first, distance * first)]
            thermal = mpmath.mpf(BOLTZMANN_EV) * temperature
            mean = integrals[1] / integrals[0]
            variance = integrals[2] / integrals[0] - mean**2
            return float(integrals[0]), float(mean / thermal), float(variance / thermal**2)

    def transmission(self, energies: Doubles) -> Doubles:
        width = self.left + self.right
        found: Doubles = self.left * self.right / ((energies - self.energy) ** 2 + width**2 / 4)
        return found

    def area(self, energy: float) -> float:
        """Integral of T up to an energy, but for a constant."""
        width = self.left + self.right
        return 2 * self.left * self.right / width * math.atan(2 * (energy - self.energy) / width)
