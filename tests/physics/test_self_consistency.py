"""Self-consistent charges against tblite and closed forms; what is wrong is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray

from dnawire.constants import HARTREE_EV
from dnawire.data.atomistic import POTENTIAL_UNIT
from dnawire.electronic import AtomicJunctions, ElectronicStructure, ElectronicSystem, converge
from dnawire.electronic.scf import Mixing, Orbitals
from dnawire.electrostatics import Electrostatics, load_solvent
from dnawire.errors import NotConvergedError, UnusableDataFileError
from dnawire.junction import Duplex
from dnawire.structures import AtomicStructure, build_duplex
from dnawire.transport import PoleExpansion
from dnawire.xtb.variants import Variant
from tests.physics.tblite_reference import new_calculator

Doubles = NDArray[np.float64]

RECORDS = Path(__file__).parents[1] / "data" / "xtb_three.h5"
SOLVENTS = {"vacuum": None, "water": load_solvent("water")}

HARTREE = 3e-7
"""Ours stops at changes of 1e-7 e, tblite at changes of its density of as much."""


@cache
def converged(text: str, environment: str = "water") -> ElectronicStructure:
    return converge(build_duplex(Duplex.parse(text)), SOLVENTS[environment])


@cache
def reference(text: str, environment: str) -> Mapping[str, Any]:
    """Result of tblite; its levels in eV, F as it was diagonalized."""
    calculator = new_calculator(build_duplex(Duplex.parse(text)))
    if SOLVENTS[environment] is not None:
        calculator.add("alpb-solvation", environment)
    result = calculator.singlepoint()
    turned = result.get("overlap-matrix") @ result.get("orbital-coefficients")
    return {
        "fock": (turned * result.get("orbital-energies")) @ turned.T,
        "core": result.get("hamiltonian-matrix"),
        "levels": result.get("orbital-energies") * HARTREE_EV,
        "atomic_charges": result.get("charges"),
    }


@pytest.fixture(scope="module")
def structure() -> AtomicStructure:
    return build_duplex(Duplex.parse("GA"))


def without(structure: AtomicStructure, *atoms: int) -> AtomicStructure:
    kept = np.setdiff1d(np.arange(len(structure)), atoms)
    return replace(
        structure,
        names=tuple(structure.names[atom] for atom in kept),
        positions=structure.positions[kept],
        nucleotides=structure.nucleotides[kept],
    )


@pytest.mark.parametrize(
    ("text", "environment"),
    [
        ("GA", "water"),
        pytest.param("GA", "vacuum", marks=pytest.mark.slow),
        pytest.param("TGC", "water", marks=pytest.mark.slow),
    ],
)
def test_they_are_those_of_tblite(text: str, environment: str) -> None:
    state, expected = converged(text, environment), reference(text, environment)
    atom = state.basis.shell_atom
    assert np.bincount(atom, state.shell_charges) == pytest.approx(
        expected["atomic_charges"], abs=1e-6
    )
    # S has ones on its diagonal, so that potentials are the diagonal of F - H0.
    potentials = np.diag(expected["fock"] - expected["core"])
    found = state.shell_potentials[state.basis.orbital_shell]
    np.testing.assert_allclose(found, potentials, rtol=0, atol=HARTREE)
    assert abs(state.levels - expected["levels"]).max() < 1e-5


def test_stored_potentials_give_the_levels_again(structure: AtomicStructure) -> None:
    state = converged("GA")
    stored = np.round(state.shell_potentials / POTENTIAL_UNIT) * POTENTIAL_UNIT
    levels = AtomicJunctions.of(state.basis, stored).system.energies
    assert abs(levels - state.levels).max() < 1e-7


def test_the_start_changes_the_way_and_not_the_end() -> None:
    state = converged("GA")
    structure, size = state.basis.structure, len(state.shell_charges)
    even = np.full(size, structure.charge / size)
    longer = converge(structure, SOLVENTS["water"], even)
    shorter = converge(structure, SOLVENTS["water"], longer.shell_charges)
    assert shorter.iterations < state.iterations < longer.iterations
    for other in (longer, shorter):
        assert abs(other.shell_charges - state.shell_charges).max() < 3e-7


def test_potentials_are_those_of_the_charges() -> None:
    state = converged("GA")
    structure = state.basis.structure
    model = Electrostatics.of(structure.atomic_numbers, structure.positions, SOLVENTS["water"])
    np.testing.assert_allclose(
        model.potentials(state.shell_charges), state.shell_potentials, rtol=0, atol=1e-12
    )


def test_perturbed_orbitals_are_those_of_a_diagonalization_to_first_order(
    structure: AtomicStructure,
) -> None:
    state = converged("GA")
    system = ElectronicSystem.of(structure, SOLVENTS["water"])
    orbitals = system.orbitals(state.shell_charges)
    errors = []
    for size in (1e-3, 1e-4):
        draws = np.random.default_rng(7).standard_normal(len(state.shell_charges))
        potentials = state.shell_potentials + size * draws
        exact = system.charges(
            Orbitals.of(system.basis, potentials, system.num_occupied), potentials
        )
        near = system.charges(orbitals, potentials)
        assert near.sum() == pytest.approx(structure.charge, abs=1e-9)
        errors.append(abs(near - exact).max())
    assert errors[0] < 1e-3
    assert errors[1] < errors[0] / 50.0


def test_charges_are_conserved_and_bound(structure: AtomicStructure) -> None:
    state = converged("GA")
    assert state.attempt == "standard"
    assert state.shell_charges.sum() == pytest.approx(structure.charge, abs=1e-9)
    assert -11.5 < state.homo < state.lumo - 2.0 < -9.0


def test_potentials_of_another_structure_are_refused() -> None:
    with pytest.raises(UnusableDataFileError, match="3 shell potentials for"):
        converged("GA").basis.fock(np.zeros(3))


def test_a_documented_fallback_takes_over(structure: AtomicStructure) -> None:
    attempts = {"short": Mixing(0.4, 8, 2), "long": Mixing(0.2, 8, 80)}
    assert converge(structure, None, attempts=attempts).attempt == "long"
    with pytest.raises(NotConvergedError, match=r"'GA': the charges still change .* 2 iterations"):
        converge(structure, None, attempts={"short": attempts["short"]})


@pytest.mark.slow
def test_radicals_are_refused_before_and_after(structure: AtomicStructure) -> None:
    ends = [structure.atom(0, "HO5'"), structure.atom(1, "HO3'")]
    with pytest.raises(NotConvergedError, match="odd number of electrons"):
        converge(without(structure, ends[0]), None)
    with pytest.raises(NotConvergedError, match=r"still change|the gap closes"):
        converge(without(structure, *ends), None, attempts={"standard": Mixing(0.4, 15, 80)})


def test_a_clash_is_refused_before_it_converges(structure: AtomicStructure) -> None:
    positions = structure.positions.copy()
    positions[structure.atom(0, "H8")] = positions[structure.atom(1, "C8")] - [0.0, 0.0, 1.0]
    with pytest.raises(NotConvergedError, match=r"1\.00 Angstrom apart"):
        converge(replace(structure, positions=positions), None)


@pytest.mark.slow
def test_spectra_are_those_of_an_independent_pipeline() -> None:
    with h5py.File(RECORDS) as file:
        sequence = min(file, key=len)
        stored = file[f"{sequence}/run2/abs"]
        energies, transmission, dos = (stored[name][:] for name in ("E", "T", "DOS"))
    state = converged(sequence)
    junctions = AtomicJunctions.of(state.basis, state.shell_potentials)
    junction = Variant("cross", 0.1).junction(state.basis.structure.duplex)
    system = junctions.contacted(junction.gamma_left, junction.gamma_right)
    poles = PoleExpansion.of(system, energies[0], energies[-1])
    decades = abs(np.log10(poles.transmission(energies, 0.005) / transmission))
    assert np.median(decades) < 0.002
    assert np.mean(decades) < 0.01
    assert np.mean(abs(np.log10(poles.local_dos(energies, 0.005).sum(0) / dos))) < 0.01
