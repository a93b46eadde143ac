"""Use of what was trained: spectra and Hamiltonians of new junctions."""

from dnawire.inference.answers import Answer, answer_each, check_question
from dnawire.inference.averages import Average, AverageSpectra, average, average_spectra
from dnawire.inference.candidates import (
    MOST_CANDIDATES,
    Candidates,
    ListedCandidates,
    PatternCandidates,
    checked_letters,
)
from dnawire.inference.changes import KINDS, Change, single_changes
from dnawire.inference.coherent import CoherentRemarks
from dnawire.inference.common import Difference, check_zeros, common_energies, common_value
from dnawire.inference.conductance import AtEquilibrium, carrier_window
from dnawire.inference.decay import FEWEST, Decay, Exponential, fit_decay
from dnawire.inference.dephasing import answer_probed, as_probed, vanishing_remarks
from dnawire.inference.evaluation import (
    ErrorTable,
    baselines_of,
    check_answerable,
    evaluate,
    other_theory,
)
from dnawire.inference.evaluator import Evaluator
from dnawire.inference.families import Family, GivenFamily, family_lengths
from dnawire.inference.fit import Estimate, FitSettings, Once, Solution, computed, solving
from dnawire.inference.fit_model import ConductanceModel, FermiReference
from dnawire.inference.fit_parameters import (
    PARAMETER_KINDS,
    FreeParameter,
    ParameterKind,
    WantedParameter,
    parse_wanted,
)
from dnawire.inference.fit_steps import FitSteps
from dnawire.inference.fitting import Minimum, Problem
from dnawire.inference.found import Budget, Found
from dnawire.inference.gauge import align_signs
from dnawire.inference.interpolate import said_between
from dnawire.inference.load import (
    EXACT,
    available_models,
    digest_of_model,
    load_predictor,
)
from dnawire.inference.members import (
    MEMBERS,
    MODEL_FOLDER,
    HeldOut,
    Members,
    find_members,
    held_out,
    held_out_records,
)
from dnawire.inference.mismatch import Mismatch
from dnawire.inference.observables import (
    SAMPLES_AT_ONCE,
    DephasedConductance,
    clean_conductance,
    current_of,
    dephased_conductance,
    disordered_conductance,
    probe_sites,
    response_of,
)
from dnawire.inference.question import CONDUCTANCE, CRITERIA, TRANSMISSION, Question
from dnawire.inference.ranking import BIN, Distribution, Ranked, Ranking
from dnawire.inference.remarks import (
    DISCONNECTED,
    Remark,
    conductance_remarks,
    counted,
    junction_remarks,
    model_remarks,
    prediction_remarks,
    said_of_several,
    status,
    summary_remarks,
)
from dnawire.inference.resolved_ldos import resolved_ldos
from dnawire.inference.scores import score_columns, scores_head
from dnawire.inference.screen import (
    Screened,
    check_candidates,
    check_predictor,
    is_same_from_both_strands,
    said_of_other_strand,
    screen,
)
from dnawire.inference.search import search, size_of
from dnawire.inference.sequence_space import Rules, SequenceSpace
from dnawire.inference.shards import (
    ScreeningPlan,
    Shard,
    Shards,
    compute_shard,
    fitting_workers,
)
from dnawire.inference.sources import Source, at_levels, disordered
from dnawire.inference.spread import FermiSpread, Spread, spread_of
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
    "FEWEST",
    "KINDS",
    "MEMBERS",
    "MODEL_FOLDER",
    "MOST_CANDIDATES",
    "PARAMETER_KINDS",
    "SAMPLES_AT_ONCE",
    "TRANSMISSION",
    "Answer",
    "AtEquilibrium",
    "AtFermiEnergy",
    "Average",
    "AverageSpectra",
    "Budget",
    "Candidates",
    "Change",
    "CoherentRemarks",
    "Conditions",
    "ConductanceModel",
    "Decay",
    "DephasedConductance",
    "Difference",
    "Distribution",
    "EnergyContrast",
    "ErrorTable",
    "Estimate",
    "Evaluator",
    "Exponential",
    "Family",
    "FermiReference",
    "FermiSpread",
    "FitSettings",
    "FitSteps",
    "Found",
    "FreeParameter",
    "GivenFamily",
    "HeldOut",
    "ListedCandidates",
    "Members",
    "Minimum",
    "Mismatch",
    "MismatchContrast",
    "Once",
    "ParameterKind",
    "PatternCandidates",
    "Predictor",
    "Problem",
    "Question",
    "Ranked",
    "Ranking",
    "Remark",
    "Rules",
    "Screened",
    "ScreeningPlan",
    "SequenceSpace",
    "Shard",
    "Shards",
    "Solution",
    "Source",
    "Spread",
    "Summary",
    "Target",
    "WantedParameter",
    "WantedSpectrum",
    "WantedValue",
    "align_signs",
    "answer_each",
    "answer_probed",
    "as_probed",
    "at_levels",
    "available_models",
    "average",
    "average_spectra",
    "baselines_of",
    "carrier_window",
    "check_answerable",
    "check_candidates",
    "check_predictor",
    "check_question",
    "check_zeros",
    "checked_letters",
    "clean_conductance",
    "common_energies",
    "common_value",
    "compute_shard",
    "computed",
    "conductance_remarks",
    "counted",
    "current_of",
    "dephased_conductance",
    "digest_of_model",
    "disordered",
    "disordered_conductance",
    "evaluate",
    "family_lengths",
    "find_members",
    "fit_decay",
    "fitting_workers",
    "given_spectrum",
    "held_out",
    "held_out_records",
    "is_same_from_both_strands",
    "junction_remarks",
    "knows_conductance",
    "load_predictor",
    "model_remarks",
    "other_theory",
    "parse_wanted",
    "prediction_remarks",
    "probe_sites",
    "read_spectrum",
    "resolved_ldos",
    "resolved_record",
    "response_of",
    "said_between",
    "said_of_other_strand",
    "said_of_several",
    "score_columns",
    "scores_head",
    "screen",
    "search",
    "single_changes",
    "size_of",
    "solving",
    "spread_of",
    "status",
    "summarize",
    "summary_remarks",
    "vanishing_remarks",
]
