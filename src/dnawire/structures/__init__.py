"""All atoms of a duplex: ideal and fluctuating helices, checks, PDB files. No torch."""

from dnawire.structures.atoms import AtomicStructure
from dnawire.structures.checks import check_structure, find_defect
from dnawire.structures.helix import Helix, build_duplex, load_helix
from dnawire.structures.pdb import pdb_text
from dnawire.structures.thermal import Fluctuations, Steps, ThermalFrame, draw_steps, thermal_frame

__all__ = [
    "AtomicStructure",
    "Fluctuations",
    "Helix",
    "Steps",
    "ThermalFrame",
    "build_duplex",
    "check_structure",
    "draw_steps",
    "find_defect",
    "load_helix",
    "pdb_text",
    "thermal_frame",
]
