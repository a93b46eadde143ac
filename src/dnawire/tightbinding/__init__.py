"""Published parameter sets, and the Hamiltonian of a duplex. Knows nothing of contacts."""

from dnawire.tightbinding.ladder import LadderBlocks, dense_hamiltonian, ladder_blocks
from dnawire.tightbinding.parameters import (
    ParameterSet,
    available_parameters,
    load_parameters,
    parse_parameters,
)

__all__ = [
    "LadderBlocks",
    "ParameterSet",
    "available_parameters",
    "dense_hamiltonian",
    "ladder_blocks",
    "load_parameters",
    "parse_parameters",
]
