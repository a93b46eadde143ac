"""Parameter sets, and the Hamiltonian of a duplex. Knows nothing of contacts."""

from dnawire.tightbinding.ladder import LadderBlocks, dense_hamiltonian, ladder_blocks
from dnawire.tightbinding.parameters import ParameterSet
from dnawire.tightbinding.reading import parse_parameters
from dnawire.tightbinding.sets import (
    available_parameters,
    load_parameters,
    parameters_of_dna,
    template,
)

__all__ = [
    "LadderBlocks",
    "ParameterSet",
    "available_parameters",
    "dense_hamiltonian",
    "ladder_blocks",
    "load_parameters",
    "parameters_of_dna",
    "parse_parameters",
    "template",
]
