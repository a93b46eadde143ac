"""Use of what was trained: spectra and Hamiltonians of new junctions."""

from dnawire.inference.candidates import (
    MOST_CANDIDATES,
    Candidates,
    ListedCandidates,
    PatternCandidates,
)
from dnawire.inference.conditions import Conditions
from dnawire.inference.gauge import align_signs
from dnawire.inference.load import EXACT, MODEL_FOLDER, load_predictor
from dnawire.inference.predictors import (
    HamiltonianPredictor,
    HamiltonianSource,
    LogTotals,
    Predictor,
    StandardPredictor,
    learned_hamiltonian,
)
from dnawire.inference.screen import (
    BIN,
    CONDUCTANCE,
    QUANTITIES,
    Distribution,
    Question,
    Ranking,
    Screened,
    is_same_from_both_strands,
    screen,
)
from dnawire.inference.summary import AtFermiEnergy, Summary, summarize

__all__ = [
    "BIN",
    "CONDUCTANCE",
    "EXACT",
    "MODEL_FOLDER",
    "MOST_CANDIDATES",
    "QUANTITIES",
    "AtFermiEnergy",
    "Candidates",
    "Conditions",
    "Distribution",
    "HamiltonianPredictor",
    "HamiltonianSource",
    "ListedCandidates",
    "LogTotals",
    "PatternCandidates",
    "Predictor",
    "Question",
    "Ranking",
    "Screened",
    "StandardPredictor",
    "Summary",
    "align_signs",
    "is_same_from_both_strands",
    "learned_hamiltonian",
    "load_predictor",
    "screen",
    "summarize",
]
