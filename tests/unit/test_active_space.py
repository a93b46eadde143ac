"""Active orbitals of nucleotides and columns of contacts against the matrices of the whole."""

from __future__ import annotations

from typing import Final

import numpy as np
import pytest
from scipy.linalg import eigh

from dnawire.electronic import BasePairs, OrthogonalBasis
from dnawire.electronic.nucleotides import typical_charges
from dnawire.electrostatics import load_solvent
from dnawire.junction import Duplex
from dnawire.models.atomistic.transport import ChargedDuplex
from dnawire.structures import AtomicStructure, build_duplex

WINDOW: Final = (-12.2, -9.7)
"""eV, that of records."""
BLOCK: Final = 2
"""Sites of a block."""


@pytest.fixture(scope="module")
def structure() -> AtomicStructure:
    """Three base pairs, which are three blocks."""
    return build_duplex(Duplex.parse("ACG"))


@pytest.fixture(scope="module")
def pairs(structure: AtomicStructure) -> BasePairs:
    charged = ChargedDuplex.of(structure, typical_charges(structure), load_solvent("water"))
    return BasePairs.of(structure, charged.shell_potentials)


def test_contacts_act_on_orthogonalized_orbitals(
    structure: AtomicStructure, pairs: BasePairs
) -> None:
    basis = OrthogonalBasis.of(structure)
    site = structure.sites[basis.orbital_atom]
    couplings = np.zeros((3, 2))
    couplings[1, 0] = 0.3
    [columns] = pairs.contact(couplings, [np.eye(len(sites)) for sites in pairs.sites])
    root = np.sqrt(0.3) * basis.root[:, site == 2]
    for block, rows in columns.rows.items():
        assert rows == pytest.approx(root[site // BLOCK == block], abs=1e-9)
    assert columns.rows.keys() == {0, 1, 2}


def test_only_active_orbitals_have_levels_near_the_energies(pairs: BasePairs) -> None:
    chain, _ = pairs.active(*WINDOW)
    for number, sites in zip(chain.active, pairs.sites, strict=True):
        assert 0 < number < 0.2 * len(sites)
    sizes = [len(part) - n for part, n in zip(pairs.sites, chain.active, strict=True)]
    ends = np.cumsum([0, *sizes])
    others = np.zeros((2, ends[-1], ends[-1]))
    for matrix, part in zip(others, (chain.hamiltonian, chain.overlap), strict=True):
        for distance, band in enumerate(part.without(chain.active).bands):
            for first, values in enumerate(band):
                here, there = (slice(*ends[k : k + 2]) for k in (first, first + distance))
                matrix[here, there], matrix[there, here] = values[0], values[0].T
    levels = eigh(*others, eigvals_only=True)
    assert not ((levels > WINDOW[0] - chain.margin) & (levels < WINDOW[1] + chain.margin)).any()


def test_backbones_that_meet_across_the_minor_groove_transmit() -> None:
    """Both 3' ends of a turn's half: what is between them is no chain of next neighbors."""
    structure = build_duplex(Duplex.parse("CGCGA"))
    charged = ChargedDuplex.of(structure, typical_charges(structure), load_solvent("water"))
    left, right = np.zeros((2, 5, 2))
    left[0, 1] = right[-1, 0] = 0.1
    energies = np.linspace(-10.0, -9.0, 5)
    found, _ = charged.totals((left, right), energies, 0.005)
    wanted = charged.poles((left, right), energies).transmission(energies, 0.005)
    assert abs(np.log10(found / wanted)).max() < 0.02
