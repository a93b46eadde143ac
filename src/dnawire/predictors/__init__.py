"""Predictors: one interface to spectra of junctions, and exact ones through a Hamiltonian."""

from dnawire.predictors.conditions import Conditions, checked_energies
from dnawire.predictors.pairwise import PairwisePredictor
from dnawire.predictors.predictor import (
    MANY,
    HamiltonianPredictor,
    HamiltonianSource,
    Predictor,
    in_batches,
)

__all__ = [
    "MANY",
    "Conditions",
    "HamiltonianPredictor",
    "HamiltonianSource",
    "PairwisePredictor",
    "Predictor",
    "checked_energies",
    "in_batches",
]
