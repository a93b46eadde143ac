"""Contacts on some atoms of a nucleotide against direct solutions and identities."""

from __future__ import annotations

from typing import Final

import numpy as np
import pytest
from scipy.linalg import sqrtm

from dnawire.constants import HARTREE_EV
from dnawire.electronic import Basis
from dnawire.electronic.nucleotides import typical_charges
from dnawire.junction import Contact, Duplex, Junction
from dnawire.models.atomistic.transport import ChargedDuplex, ContactCouplings, Doubles
from dnawire.structures import build_duplex

ENERGIES: Final = np.array([-12.0, -11.2, -10.6])
"""eV, among the levels and in the gap."""
ETA: Final = 0.005
LEFT: Final = "upper:0@O5'=0.3,upper:0@N1,C6=0.1"
RIGHT: Final = "lower:0@C5,C4=0.2,upper:-1=0.1"


def charged_of(duplex: Duplex) -> ChargedDuplex:
    """In vacuum, where nothing depends on the orientation in space."""
    structure = build_duplex(duplex)
    return ChargedDuplex.of(structure, typical_charges(structure), None)


@pytest.fixture(scope="module")
def charged() -> ChargedDuplex:
    return charged_of(Duplex.parse("ACG"))


def couplings(charged: ChargedDuplex, left: str, right: str) -> ContactCouplings:
    structure = charged.structure
    return structure.couplings(Contact(left)), structure.couplings(Contact(right))


def by_levels(charged: ChargedDuplex, contacts: ContactCouplings) -> tuple[Doubles, Doubles]:
    """Transmission, and LDOS of every site in 1/eV."""
    poles = charged.poles_by_site(contacts, ENERGIES)
    return poles.transmission(ENERGIES, ETA), poles.local_dos(ENERGIES, ETA)


def test_all_atoms_of_a_nucleotide_are_the_nucleotide() -> None:
    charged = charged_of(Duplex.parse("GA"))
    structure = charged.structure
    names = ",".join(structure.names[row] for row in np.flatnonzero(structure.nucleotides == 0))
    some = couplings(charged, f"upper:0@{names}=0.1", "upper:-1=0.2")
    whole = Junction(structure.duplex, "upper:0=0.1", "upper:-1=0.2")
    ladder = whole.gamma_left, whole.gamma_right
    for one, other in zip(by_levels(charged, some), by_levels(charged, ladder), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)
    eliminated = [np.stack(charged.totals(given, ENERGIES, ETA)) for given in (some, ladder)]
    np.testing.assert_allclose(eliminated[0], eliminated[1], rtol=1e-12)


def test_spectra_are_those_of_a_direct_solution(charged: ChargedDuplex) -> None:
    """In atomic orbitals, where the contacts are S^(1/2) Gamma S^(1/2)."""
    structure, basis = charged.structure, Basis.of(charged.structure)
    every = np.arange(len(basis.shell_atom))
    overlap, core = basis.block(every, every)
    levels = charged.shell_potentials.repeat(basis.orbitals_of_shell)
    fock = (core + overlap * (levels[:, None] + levels) / 2.0) * HARTREE_EV
    root = sqrtm(overlap).real
    atoms = basis.shell_atom.repeat(basis.orbitals_of_shell)
    contacts = couplings(charged, LEFT, RIGHT)
    assert sorted(set(contacts[0].tolist())) == [0.0, 0.1, 0.3]
    left, right = (root * gamma[atoms] @ root for gamma in contacts)
    transmission, ldos = by_levels(charged, contacts)
    eliminated = charged.totals(contacts, ENERGIES, ETA)
    sites = structure.sites[atoms]
    for index, energy in enumerate(ENERGIES.tolist()):
        inverse = complex(energy, ETA) * overlap - fock + 0.5j * (left + right)
        greens = np.linalg.inv(inverse)
        exact = np.trace(left @ greens @ right @ greens.conj().T).real
        assert transmission[index] == pytest.approx(exact, rel=1e-9)
        assert np.log10(eliminated[0][index]) == pytest.approx(np.log10(exact), abs=0.03)
        # What enters by the contacts and by eta leaves: A = G (Gamma + 2 eta S) G^+.
        spectral = greens @ (left + right + 2.0 * ETA * overlap) @ greens.conj().T
        of_sites = np.diag(root @ spectral @ root).real / (2.0 * np.pi)
        wanted = np.bincount(sites, of_sites)
        np.testing.assert_allclose(ldos[:, index], wanted, rtol=1e-8)
        assert eliminated[1][index] == pytest.approx(wanted.sum(), rel=0.003)


def test_atoms_follow_when_the_strands_are_exchanged(charged: ChargedDuplex) -> None:
    junction = Junction(charged.structure.duplex, LEFT, RIGHT)
    flipped = junction.flipped()
    other = charged_of(flipped.duplex)
    one = couplings(charged, junction.left.text, junction.right.text)
    two = couplings(other, flipped.left.text, flipped.right.text)
    (transmission, ldos), found = by_levels(charged, one), by_levels(other, two)
    np.testing.assert_allclose(found[0], transmission, rtol=1e-6)
    np.testing.assert_allclose(found[1], ldos[::-1], rtol=1e-6)
    stays = couplings(other, junction.left.text, flipped.right.text)
    assert abs(np.log10(by_levels(other, stays)[0] / transmission)).max() > 0.1


def test_a_coupling_belongs_to_the_orbitals_of_its_atoms_alone(charged: ChargedDuplex) -> None:
    structure = charged.structure
    gamma, _ = couplings(charged, LEFT, RIGHT)
    assert {structure.label(atom): gamma[atom] for atom in np.flatnonzero(gamma).tolist()} == {
        "upper:0 A O5'": 0.3,
        "upper:0 A N1": 0.1,
        "upper:0 A C6": 0.1,
    }
