"""All atoms of a duplex: ideal helices, checks of a geometry, files of structures. No torch."""

from dnawire.structures.atoms import AtomicStructure
from dnawire.structures.checks import check_structure, find_defect
from dnawire.structures.helix import Helix, build_duplex, load_helix
from dnawire.structures.pdb import pdb_text
from dnawire.structures.reading import StructureReading, examine_structures, read_structures
from dnawire.structures.steps import BasePairSteps, base_pair_steps
from dnawire.structures.writing import write_structures

__all__ = [
    "AtomicStructure",
    "BasePairSteps",
    "Helix",
    "StructureReading",
    "base_pair_steps",
    "build_duplex",
    "check_structure",
    "examine_structures",
    "find_defect",
    "load_helix",
    "pdb_text",
    "read_structures",
    "write_structures",
]
