"""Use of what was trained: spectra and Hamiltonians of new junctions."""

from dnawire.inference.candidates import (
    MOST_CANDIDATES,
    Candidates,
    ListedCandidates,
    PatternCandidates,
)
from dnawire.inference.fit import Estimate, FitSettings, Solution, solve
from dnawire.inference.fit_model import ConductanceModel, FermiReference
from dnawire.inference.fit_parameters import (
    KINDS,
    FreeParameter,
    ParameterKind,
    WantedParameter,
    parse_wanted,
)
from dnawire.inference.fitting import Minimum, Problem
from dnawire.inference.gauge import align_signs
from dnawire.inference.load import EXACT, MODEL_FOLDER, available_models, load_predictor
from dnawire.inference.observables import (
    SAMPLES_AT_ONCE,
    AtEquilibrium,
    DephasedConductance,
    clean_conductance,
    current_of,
    dephased_conductance,
    disordered_conductance,
    probe_sites,
    response_of,
)
from dnawire.inference.ranking import BIN, Distribution, Ranked, Ranking
from dnawire.inference.remarks import (
    DISCONNECTED,
    Remark,
    conductance_remarks,
    junction_remarks,
    junction_sentences,
    model_remarks,
    prediction_remarks,
    status,
    summary_remarks,
)
from dnawire.inference.screen import (
    CONDUCTANCE,
    CRITERIA,
    Question,
    Screened,
    check_candidates,
    check_predictor,
    is_same_from_both_strands,
    screen,
)
from dnawire.inference.summary import (
    AtFermiEnergy,
    Summary,
    knows_conductance,
    resolved_record,
    summarize,
)
from dnawire.predictors import Conditions, Predictor

__all__ = [
    "BIN",
    "CONDUCTANCE",
    "CRITERIA",
    "DISCONNECTED",
    "EXACT",
    "KINDS",
    "MODEL_FOLDER",
    "MOST_CANDIDATES",
    "SAMPLES_AT_ONCE",
    "AtEquilibrium",
    "AtFermiEnergy",
    "Candidates",
    "Conditions",
    "ConductanceModel",
    "DephasedConductance",
    "Distribution",
    "Estimate",
    "FermiReference",
    "FitSettings",
    "FreeParameter",
    "ListedCandidates",
    "Minimum",
    "ParameterKind",
    "PatternCandidates",
    "Predictor",
    "Problem",
    "Question",
    "Ranked",
    "Ranking",
    "Remark",
    "Screened",
    "Solution",
    "Summary",
    "WantedParameter",
    "align_signs",
    "available_models",
    "check_candidates",
    "check_predictor",
    "clean_conductance",
    "conductance_remarks",
    "current_of",
    "dephased_conductance",
    "disordered_conductance",
    "is_same_from_both_strands",
    "junction_remarks",
    "junction_sentences",
    "knows_conductance",
    "load_predictor",
    "model_remarks",
    "parse_wanted",
    "prediction_remarks",
    "probe_sites",
    "resolved_record",
    "response_of",
    "screen",
    "solve",
    "status",
    "summarize",
    "summary_remarks",
]
