"""Use of what was trained: spectra and Hamiltonians of new junctions."""

from dnawire.inference.candidates import (
    MOST_CANDIDATES,
    Candidates,
    ListedCandidates,
    PatternCandidates,
)
from dnawire.inference.gauge import align_signs
from dnawire.inference.load import (
    EXACT,
    MODEL_FOLDER,
    available_models,
    digest_of_model,
    load_predictor,
)
from dnawire.inference.question import CONDUCTANCE, CRITERIA, Question
from dnawire.inference.ranking import BIN, Distribution, Ranked, Ranking
from dnawire.inference.remarks import (
    Remark,
    conductance_remarks,
    junction_remarks,
    model_remarks,
    prediction_remarks,
    status,
    summary_remarks,
)
from dnawire.inference.scores import scores_head
from dnawire.inference.screen import (
    Screened,
    check_candidates,
    check_predictor,
    is_same_from_both_strands,
    screen,
)
from dnawire.inference.shards import (
    ScreeningPlan,
    Shard,
    Shards,
    compute_shard,
    fitting_workers,
    share,
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
    "EXACT",
    "MODEL_FOLDER",
    "MOST_CANDIDATES",
    "AtFermiEnergy",
    "Candidates",
    "Conditions",
    "Distribution",
    "ListedCandidates",
    "PatternCandidates",
    "Predictor",
    "Question",
    "Ranked",
    "Ranking",
    "Remark",
    "Screened",
    "ScreeningPlan",
    "Shard",
    "Shards",
    "Summary",
    "align_signs",
    "available_models",
    "check_candidates",
    "check_predictor",
    "compute_shard",
    "conductance_remarks",
    "digest_of_model",
    "fitting_workers",
    "is_same_from_both_strands",
    "junction_remarks",
    "knows_conductance",
    "load_predictor",
    "model_remarks",
    "prediction_remarks",
    "resolved_record",
    "scores_head",
    "screen",
    "share",
    "status",
    "summarize",
    "summary_remarks",
]
