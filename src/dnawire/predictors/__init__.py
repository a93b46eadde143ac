"""Predictors: one interface to spectra of junctions, and exact ones through a Hamiltonian."""

from dnawire.predictors.calibration import CALIBRATION, Calibration, conformal_quantile
from dnawire.predictors.conditions import Conditions, check_inside, checked_energies
from dnawire.predictors.members import MembersPredictor
from dnawire.predictors.pairwise import PairwisePredictor
from dnawire.predictors.predictor import (
    MANY,
    HamiltonianPredictor,
    HamiltonianSource,
    Predictor,
    in_batches,
    junction_totals,
)

__all__ = [
    "CALIBRATION",
    "MANY",
    "Calibration",
    "Conditions",
    "HamiltonianPredictor",
    "HamiltonianSource",
    "MembersPredictor",
    "PairwisePredictor",
    "Predictor",
    "check_inside",
    "checked_energies",
    "conformal_quantile",
    "in_batches",
    "junction_totals",
]
