"""All atoms of a duplex: ideal and fluctuating helices, checks of a geometry, files. No torch."""

from dnawire.structures.atoms import AtomicStructure
from dnawire.structures.checks import check_structure, find_defect
from dnawire.structures.frame_range import ALL_FRAMES, FrameRange
from dnawire.structures.helix import Form, Helix, build_duplex, helix_of, load_helix
from dnawire.structures.pdb import pdb_text
from dnawire.structures.reading import (
    StructureReading,
    TerminalPhosphates,
    examine_models,
    examine_structures,
    log_remarks,
    read_structures,
)
from dnawire.structures.steps import BasePairSteps, base_pair_steps
from dnawire.structures.thermal import Fluctuations, Steps, ThermalFrame, draw_steps, thermal_frame
from dnawire.structures.trajectories import Trajectory, open_trajectory
from dnawire.structures.writing import write_structures

__all__ = [
    "ALL_FRAMES",
    "AtomicStructure",
    "BasePairSteps",
    "Fluctuations",
    "Form",
    "FrameRange",
    "Helix",
    "Steps",
    "StructureReading",
    "TerminalPhosphates",
    "ThermalFrame",
    "Trajectory",
    "base_pair_steps",
    "build_duplex",
    "check_structure",
    "draw_steps",
    "examine_models",
    "examine_structures",
    "find_defect",
    "helix_of",
    "load_helix",
    "log_remarks",
    "open_trajectory",
    "pdb_text",
    "read_structures",
    "thermal_frame",
    "write_structures",
]
