"""All-atom Hamiltonians of GFN1-xTB, from geometry and shell potentials. No torch."""

from dnawire.electronic.integrals import Basis, Integrals
from dnawire.electronic.junctions import AtomicJunctions, orthogonalized

__all__ = ["AtomicJunctions", "Basis", "Integrals", "orthogonalized"]
