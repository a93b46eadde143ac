"""Use of what was trained: spectra and Hamiltonians of new junctions."""

from dnawire.inference.conditions import Conditions
from dnawire.inference.gauge import align_signs
from dnawire.inference.load import EXACT, MODEL_FOLDER, load_predictor
from dnawire.inference.predictors import (
    HamiltonianPredictor,
    HamiltonianSource,
    Predictor,
    StandardPredictor,
    learned_hamiltonian,
)
from dnawire.inference.summary import AtFermiEnergy, Summary, summarize

__all__ = [
    "EXACT",
    "MODEL_FOLDER",
    "AtFermiEnergy",
    "Conditions",
    "HamiltonianPredictor",
    "HamiltonianSource",
    "Predictor",
    "StandardPredictor",
    "Summary",
    "align_signs",
    "learned_hamiltonian",
    "load_predictor",
    "summarize",
]
