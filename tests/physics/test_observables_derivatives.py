"""Derivatives of T and of the conductance against differences in arithmetic of 40 digits."""

from __future__ import annotations

from collections.abc import Callable

import mpmath
import numpy as np
import pytest
from numpy.typing import NDArray

from dnawire.transport import (
    DenseJunctions,
    conductance_derivatives,
    linear_response,
    transmission_derivatives,
)
from tests.physics.observable_references import random_ladder

Doubles = NDArray[np.float64]
Change = Callable[[Doubles, Doubles, Doubles], None]

ENERGY = 0.13


def exact_transmission(
    hamiltonian: Doubles, left: Doubles, right: Doubles, energy: mpmath.mpf
) -> mpmath.mpf:
    size = len(left)
    matrix = -mpmath.matrix(hamiltonian.tolist())
    for n in range(size):
        matrix[n, n] += energy + mpmath.mpc(0, (left[n] + right[n]) / 2)
    greens = matrix**-1
    return mpmath.fsum(
        left[i] * right[j] * abs(greens[i, j]) ** 2 for i in range(size) for j in range(size)
    )


def slope(junctions: DenseJunctions, change: Change, by_energy: float = 0.0) -> float:
    """Central difference, after a change of H, left and right couplings by one step."""
    with mpmath.workdps(40):
        step, values = mpmath.mpf(10) ** -12, []
        for sign in (1, -1):
            arrays = [
                np.array([mpmath.mpf(x) for x in one.ravel().tolist()], object).reshape(one.shape)
                for one in (
                    junctions.hamiltonian[0],
                    junctions.gamma_left[0],
                    junctions.gamma_right[0],
                )
            ]
            moved = [np.zeros(one.shape) for one in arrays]
            change(*moved)
            arrays = [one + sign * step * two for one, two in zip(arrays, moved, strict=True)]
            energy = mpmath.mpf(ENERGY) + sign * step * by_energy
            hamiltonian, left, right = arrays
            values.append(exact_transmission(hamiltonian, left, right, energy))
        return float((values[0] - values[1]) / (2 * step))


def test_derivatives_of_the_transmission() -> None:
    junctions = random_ladder(1, 3).dense()
    found = transmission_derivatives(junctions, np.array([ENERGY]))
    expected = junctions.transmission(np.array([[ENERGY]])).plain
    np.testing.assert_allclose(found.value, expected, rtol=1e-10)

    def nothing(*_: Doubles) -> None:
        pass

    assert found.by_energy[0, 0] == pytest.approx(slope(junctions, nothing, 1.0), rel=1e-8)
    for n in range(6):

        def left(_: Doubles, gamma: Doubles, __: Doubles, n: int = n) -> None:
            gamma[n] = 1.0

        def right(_: Doubles, __: Doubles, gamma: Doubles, n: int = n) -> None:
            gamma[n] = 1.0

        assert found.by_gamma_left[0, 0, n] == pytest.approx(slope(junctions, left), rel=1e-8)
        assert found.by_gamma_right[0, 0, n] == pytest.approx(slope(junctions, right), rel=1e-8)
    for i, j in ((0, 0), (3, 3), (0, 1), (2, 5)):

        def hopping(hamiltonian: Doubles, *_: Doubles, i: int = i, j: int = j) -> None:
            hamiltonian[i, j] = hamiltonian[j, i] = 1.0

        ours = found.by_hamiltonian[0, 0, i, j] * (1.0 if i == j else 2.0)
        assert ours == pytest.approx(slope(junctions, hopping), rel=1e-8)


@pytest.mark.parametrize("temperature", [0.0, 300.0])
def test_derivatives_of_the_conductance_are_differences(temperature: float) -> None:
    dense = random_ladder(2, 4).dense()
    found = conductance_derivatives(dense, fermi_energy=0.1, temperature=temperature)
    hopping, coupling = np.zeros_like(dense.hamiltonian), np.zeros_like(dense.gamma_left)
    hopping[0, 2, 4] = hopping[0, 4, 2] = coupling[0, 0] = 1.0

    def conductance(by_hopping: float, by_coupling: float, by_level: float) -> float:
        changed = DenseJunctions.of(
            dense.hamiltonian + by_hopping * hopping,
            dense.gamma_left + by_coupling * coupling,
            dense.gamma_right,
        )
        response = linear_response(changed, 0.1 + by_level, temperature)
        return float(response.conductance_quanta[0, 0, 0])

    def difference(direction: Doubles) -> float:
        """Of fourth order."""
        close, wide = (
            (conductance(*(step * direction)) - conductance(*(-step * direction))) / (2.0 * step)
            for step in (5e-5, 1e-4)
        )
        return (4.0 * close - wide) / 3.0

    by_hopping, by_coupling, by_level = (difference(one) for one in np.eye(3))
    assert found.value[0] == pytest.approx(conductance(0.0, 0.0, 0.0), rel=1e-9)
    assert 2.0 * found.by_hamiltonian[0, 2, 4] == pytest.approx(by_hopping, rel=1e-5)
    assert found.by_gamma_left[0, 0] == pytest.approx(by_coupling, rel=1e-5)
    assert found.by_energy[0] == pytest.approx(by_level, rel=1e-5)


def test_a_shift_of_all_energies_changes_nothing() -> None:
    found = transmission_derivatives(random_ladder(3, 4, batch=2), np.linspace(-0.3, 0.3, 7))
    shift = np.einsum("beii->be", found.by_hamiltonian)
    np.testing.assert_allclose(shift, -found.by_energy, rtol=1e-9, atol=1e-12)


def test_a_scale_of_all_energies_changes_nothing() -> None:
    """T is a function of ratios of energies alone (Euler)."""
    junctions, energies = random_ladder(4, 4), np.linspace(-0.3, 0.3, 7)
    dense, found = junctions.dense(), transmission_derivatives(junctions, energies)
    total = (
        found.by_energy[0] * energies
        + found.by_gamma_left[0] @ dense.gamma_left[0]
        + found.by_gamma_right[0] @ dense.gamma_right[0]
        + (found.by_hamiltonian[0] * dense.hamiltonian[0]).sum((-1, -2))
    )
    np.testing.assert_allclose(total, 0.0, atol=1e-11)
