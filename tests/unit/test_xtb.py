"""GFN1-xTB: what is stored is enough, and what is wrong is refused, on the smallest duplexes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
from scipy.linalg import eigh

from dnawire.constants import HARTREE_EV
from dnawire.data.atomistic import POTENTIAL_UNIT
from dnawire.electronic import AtomicJunctions, Integrals
from dnawire.errors import NotConvergedError, UnusableDataFileError
from dnawire.junction import Duplex
from dnawire.structures import AtomicStructure, build_duplex
from dnawire.xtb.level import Level
from dnawire.xtb.scf import ElectronicStructure, converge
from dnawire.xtb.variants import Variant

pytest.importorskip("tblite", reason="tblite has no wheel here")

RECORDS = Path(__file__).parents[1] / "data" / "xtb_three.h5"
WATER = Level("water")


@pytest.fixture(scope="module")
def structure() -> AtomicStructure:
    return build_duplex(Duplex.parse("GA"))


@pytest.fixture(scope="module")
def state(structure: AtomicStructure) -> ElectronicStructure:
    return converge(structure, WATER)


def without(structure: AtomicStructure, *atoms: int) -> AtomicStructure:
    kept = np.setdiff1d(np.arange(len(structure)), atoms)
    return replace(
        structure,
        names=tuple(structure.names[atom] for atom in kept),
        positions=structure.positions[kept],
        nucleotides=structure.nucleotides[kept],
    )


def test_fock_matrix_follows_from_geometry_and_potentials(
    structure: AtomicStructure, state: ElectronicStructure
) -> None:
    stored = np.round(state.shell_potentials / POTENTIAL_UNIT) * POTENTIAL_UNIT
    found = Integrals.of(structure)
    fock = found.fock(stored)
    assert abs(fock - state.integrals.fock(state.shell_potentials)).max() < 1e-9
    # The levels of the self-consistent calculation come from its own F, which is stored nowhere.
    levels = eigh(fock, found.overlap, eigvals_only=True) * HARTREE_EV
    assert abs(levels - state.levels).max() < 1e-7


def test_charges_are_conserved_and_bound(
    structure: AtomicStructure, state: ElectronicStructure
) -> None:
    assert state.attempt == "standard"
    assert state.shell_charges.sum() == pytest.approx(structure.charge, abs=1e-9)
    assert -11.5 < state.homo < state.lumo - 2.0 < -9.0


def test_potentials_of_another_structure_are_refused(structure: AtomicStructure) -> None:
    with pytest.raises(UnusableDataFileError, match="3 shell potentials for"):
        Integrals.of(structure).fock(np.zeros(3))


@pytest.mark.slow
def test_a_documented_fallback_takes_over(structure: AtomicStructure) -> None:
    attempts = {"short": {"max_iter": 2}, "long": {"guess": 1}}
    assert converge(structure, WATER, attempts).attempt == "long"
    with pytest.raises(NotConvergedError, match=r"'GA': .*not converged in 2 cycles"):
        converge(structure, WATER, {"short": {"max_iter": 2}})


@pytest.mark.slow
def test_fractional_occupations_are_refused(structure: AtomicStructure) -> None:
    with pytest.raises(NotConvergedError, match="fractional occupations"):
        converge(structure, WATER, {"hot": {"temperature": 0.02}})


@pytest.mark.slow
def test_radicals_are_refused_before_and_after(structure: AtomicStructure) -> None:
    ends = [structure.atom(0, "HO5'"), structure.atom(1, "HO3'")]
    with pytest.raises(NotConvergedError, match="odd number of electrons"):
        converge(without(structure, ends[0]), WATER)
    with pytest.raises(NotConvergedError, match=r"fractional occupations|the gap closes"):
        converge(without(structure, *ends), WATER, {"standard": {"guess": 1}})


def test_a_clash_is_refused_before_it_converges(structure: AtomicStructure) -> None:
    positions = structure.positions.copy()
    positions[structure.atom(0, "H8")] = positions[structure.atom(1, "C8")] - [0.0, 0.0, 1.0]
    with pytest.raises(NotConvergedError, match=r"1\.00 Angstrom apart"):
        converge(replace(structure, positions=positions), WATER)


@pytest.mark.slow
def test_spectra_are_those_of_an_independent_pipeline() -> None:
    with h5py.File(RECORDS) as file:
        sequence = min(file, key=len)
        stored = file[f"{sequence}/run2/abs"]
        energies, transmission, dos = (stored[name][:] for name in ("E", "T", "DOS"))
    structure = build_duplex(Duplex.parse(sequence))
    state = converge(structure, WATER)
    junctions = AtomicJunctions.of(structure, state.integrals, state.shell_potentials)
    junction = Variant("cross", 0.1).junction(structure.duplex)
    poles = junctions.poles(junction, energies[0], energies[-1])
    decades = abs(np.log10(poles.transmission(energies, 0.005) / transmission))
    assert np.median(decades) < 0.002
    assert np.mean(decades) < 0.01
    assert np.mean(abs(np.log10(poles.local_dos(energies, 0.005).sum(0) / dos))) < 0.01
