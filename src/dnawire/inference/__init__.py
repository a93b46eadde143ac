"""Use of what was trained: spectra and Hamiltonians of new junctions."""

from dnawire.inference.candidates import (
    MOST_CANDIDATES,
    Candidates,
    ListedCandidates,
    PatternCandidates,
)
from dnawire.inference.gauge import align_signs
from dnawire.inference.load import EXACT, MODEL_FOLDER, available_models, load_predictor
from dnawire.inference.measurement import Measurement
from dnawire.inference.mismatch import Mismatch
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
from dnawire.inference.search import Budget, Found, search, size_of
from dnawire.inference.sequence_space import Rules, SequenceSpace
from dnawire.inference.summary import (
    AtFermiEnergy,
    Summary,
    knows_conductance,
    resolved_record,
    summarize,
)
from dnawire.inference.targets import (
    EnergyContrast,
    MismatchContrast,
    Target,
    WantedSpectrum,
    WantedValue,
)
from dnawire.inference.wanted_spectrum import given_spectrum, read_spectrum
from dnawire.predictors import Conditions, Predictor

__all__ = [
    "BIN",
    "CONDUCTANCE",
    "CRITERIA",
    "DISCONNECTED",
    "EXACT",
    "MODEL_FOLDER",
    "MOST_CANDIDATES",
    "SAMPLES_AT_ONCE",
    "AtEquilibrium",
    "AtFermiEnergy",
    "Budget",
    "Candidates",
    "Conditions",
    "DephasedConductance",
    "Distribution",
    "EnergyContrast",
    "Found",
    "ListedCandidates",
    "Measurement",
    "Mismatch",
    "MismatchContrast",
    "PatternCandidates",
    "Predictor",
    "Question",
    "Ranked",
    "Ranking",
    "Remark",
    "Rules",
    "Screened",
    "SequenceSpace",
    "Summary",
    "Target",
    "WantedSpectrum",
    "WantedValue",
    "align_signs",
    "available_models",
    "check_candidates",
    "check_predictor",
    "clean_conductance",
    "conductance_remarks",
    "current_of",
    "dephased_conductance",
    "disordered_conductance",
    "given_spectrum",
    "is_same_from_both_strands",
    "junction_remarks",
    "junction_sentences",
    "knows_conductance",
    "load_predictor",
    "model_remarks",
    "prediction_remarks",
    "probe_sites",
    "read_spectrum",
    "resolved_record",
    "response_of",
    "screen",
    "search",
    "size_of",
    "status",
    "summarize",
    "summary_remarks",
]
