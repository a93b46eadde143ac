"""GFN1-xTB of all atoms: orbitals, Fock matrix, self-consistent charges, junctions. No torch."""

from dnawire.electronic.active_space import BasePairs
from dnawire.electronic.integrals import Basis, Integrals
from dnawire.electronic.junctions import LONGEST_BY_LEVELS, AtomicJunctions, Couplings
from dnawire.electronic.level_response import LevelResponse
from dnawire.electronic.orthogonal import OrthogonalBasis
from dnawire.electronic.scf import ElectronicStructure, ElectronicSystem, converge

__all__ = [
    "LONGEST_BY_LEVELS",
    "AtomicJunctions",
    "BasePairs",
    "Basis",
    "Couplings",
    "ElectronicStructure",
    "ElectronicSystem",
    "Integrals",
    "LevelResponse",
    "OrthogonalBasis",
    "converge",
]
