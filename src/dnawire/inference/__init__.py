"""Use of what was trained: spectra and Hamiltonians of new junctions."""

from dnawire.inference.candidates import (
    MOST_CANDIDATES,
    Candidates,
    ListedCandidates,
    PatternCandidates,
)
from dnawire.inference.gauge import align_signs
from dnawire.inference.load import EXACT, MODEL_FOLDER, load_predictor
from dnawire.inference.screen import (
    BIN,
    CONDUCTANCE,
    CRITERIA,
    Distribution,
    Question,
    Ranking,
    Screened,
    check_candidates,
    is_same_from_both_strands,
    screen,
)
from dnawire.inference.summary import (
    NARROW,
    AtFermiEnergy,
    Summary,
    resolved_record,
    summarize,
)
from dnawire.predictors import Conditions, Predictor

__all__ = [
    "BIN",
    "CONDUCTANCE",
    "CRITERIA",
    "EXACT",
    "MODEL_FOLDER",
    "MOST_CANDIDATES",
    "NARROW",
    "AtFermiEnergy",
    "Candidates",
    "Conditions",
    "Distribution",
    "ListedCandidates",
    "PatternCandidates",
    "Predictor",
    "Question",
    "Ranking",
    "Screened",
    "Summary",
    "align_signs",
    "check_candidates",
    "is_same_from_both_strands",
    "load_predictor",
    "resolved_record",
    "screen",
    "summarize",
]
