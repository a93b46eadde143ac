"""Shell potentials from shell charges: GFN1-xTB, in vacuum or in the solvent of ALPB. No torch."""

from dnawire.electrostatics.operator import DenseElectrostatics, Electrostatics
from dnawire.electrostatics.parameters import SolventParameters, load_solvent
from dnawire.electrostatics.reaction_field import ReactionField

__all__ = [
    "DenseElectrostatics",
    "Electrostatics",
    "ReactionField",
    "SolventParameters",
    "load_solvent",
]
