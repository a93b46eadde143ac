"""Derivatives of the conductance with probes: differences, and identities of scale and shift."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
from numpy.typing import NDArray

from dnawire.transport import (
    BlockJunctions,
    DenseJunctions,
    DephasedJunctions,
    ProbedDerivatives,
    conductance_derivatives,
    linear_response,
    probed_conductance_derivatives,
    thermal_probe_response,
    voltage_probe_response,
)
from tests.physics.observable_references import random_ladder

Doubles = NDArray[np.float64]
Kind = Literal["dephasing", "voltage", "voltage_temperature"]

KINDS: tuple[Kind, ...] = ("dephasing", "voltage", "voltage_temperature")
LEVEL = 0.1


def probed_ladder(seed: int, batch: int = 1) -> DephasedJunctions:
    """Unequal probes on all orbitals but one."""
    junctions = random_ladder(seed, 3, batch)
    gamma = np.random.default_rng(seed).uniform(0.01, 0.1, junctions.gamma_left.shape)
    gamma[:, 1, 0] = 0.0
    return DephasedJunctions.of(junctions, gamma)


def conductance(probed: DephasedJunctions, kind: Kind, level: float, kelvin: float) -> float:
    if kind == "voltage":
        return float(voltage_probe_response(probed, level, kelvin).conductance_quanta[0, 0, 0])
    response = linear_response if kind == "dephasing" else thermal_probe_response
    return float(response(probed, level, kelvin).conductance_quanta[0, 0, 0])


def found_of(probed: DephasedJunctions, kind: Kind, kelvin: float) -> ProbedDerivatives:
    return probed_conductance_derivatives(probed, kind, fermi_energy=LEVEL, temperature=kelvin)


@pytest.mark.parametrize("kelvin", [0.0, 300.0])
@pytest.mark.parametrize("kind", KINDS)
def test_derivatives_are_differences(kind: Kind, kelvin: float) -> None:
    probed = probed_ladder(1)
    dense = probed.junctions.dense()
    found = found_of(probed, kind, kelvin)
    hopping, left, right, probe = (np.zeros_like(dense.hamiltonian[0]), *np.zeros((3, 6)))
    hopping[0, 3] = hopping[3, 0] = left[0] = right[5] = probe[3] = 1.0

    def changed(step: Doubles) -> float:
        by_hopping, by_left, by_right, by_probe, by_level = step
        moved = DenseJunctions.of(
            dense.hamiltonian + by_hopping * hopping,
            dense.gamma_left + by_left * left,
            dense.gamma_right + by_right * right,
        )
        attached = DephasedJunctions.of(moved, probed.probes + by_probe * probe)
        return conductance(attached, kind, LEVEL + by_level, kelvin)

    def difference(direction: Doubles) -> float:
        """Of fourth order."""
        close, wide = (
            (changed(step * direction) - changed(-step * direction)) / (2.0 * step)
            for step in (2e-4, 4e-4)
        )
        return (4.0 * close - wide) / 3.0

    expected = [difference(one) for one in np.eye(5)]
    assert found.value[0] == pytest.approx(changed(np.zeros(5)), rel=1e-7)
    ours = [
        2.0 * found.by_hamiltonian[0, 0, 3],
        found.by_gamma_left[0, 0],
        found.by_gamma_right[0, 5],
        found.by_probes[0, 3],
        found.by_energy[0],
    ]
    np.testing.assert_allclose(ours, expected, rtol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_a_scale_of_all_energies_changes_nothing(kind: Kind) -> None:
    """G at 0 K is a function of ratios of energies alone (Euler)."""
    probed = probed_ladder(2, batch=2)
    dense, found = probed.junctions.dense(), found_of(probed, kind, 0.0)
    total = (
        found.by_energy * LEVEL
        + (found.by_gamma_left * dense.gamma_left).sum(-1)
        + (found.by_gamma_right * dense.gamma_right).sum(-1)
        + np.nansum(found.by_probes * probed.probes, -1)
        + (found.by_hamiltonian * dense.hamiltonian).sum((-1, -2))
    )
    np.testing.assert_allclose(total, 0.0, atol=1e-11)


def test_without_probes_they_are_those_of_coherent_carriers() -> None:
    junctions: BlockJunctions = random_ladder(3, 3)
    alone = DephasedJunctions.of(junctions, np.zeros((3, 2)))
    expected = conductance_derivatives(junctions, fermi_energy=LEVEL, temperature=300.0)
    for kind in KINDS:
        found = found_of(alone, kind, 300.0)
        for name in ("value", "by_energy", "by_gamma_left", "by_hamiltonian"):
            np.testing.assert_allclose(
                getattr(found, name), getattr(expected, name), rtol=1e-7, atol=1e-9
            )
        assert np.isnan(found.by_probes).all()
