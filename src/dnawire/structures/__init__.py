"""All atoms of a duplex: ideal helices, checks of a geometry, PDB files. No torch."""

from dnawire.structures.atoms import AtomicStructure
from dnawire.structures.checks import check_structure, find_defect
from dnawire.structures.helix import Helix, build_duplex, load_helix
from dnawire.structures.pdb import pdb_text

__all__ = [
    "AtomicStructure",
    "Helix",
    "build_duplex",
    "check_structure",
    "find_defect",
    "load_helix",
    "pdb_text",
]
