"""How the question of a screening is answered for many duplexes of one length."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dnawire.data import duplex_texts
from dnawire.inference._row_remarks import RowRemarks, junction_of
from dnawire.inference.coherent import log10_conductance
from dnawire.inference.conductance import AtEquilibrium
from dnawire.inference.interpolate import junctions_between, totals_and_at
from dnawire.inference.question import (
    CONDUCTANCE,
    MEAN_DOS,
    MEAN_TRANSMISSION,
    TRANSMISSION,
    Question,
    knows_dos,
)
from dnawire.inference.remarks import DISCONNECTED
from dnawire.predictors import PairwisePredictor, Predictor


def shares_beginnings(predictor: Predictor, question: Question) -> bool:
    """Whether a duplex is answered faster that begins like the one before it."""
    return _sharing(predictor, question) is not None


def _sharing(predictor: Predictor, question: Question) -> PairwisePredictor | None:
    is_transmission = question.rank_by in (TRANSMISSION, MEAN_TRANSMISSION)
    return predictor if is_transmission and isinstance(predictor, PairwisePredictor) else None


def answers_of(
    predictor: Predictor, codes: NDArray[np.int8], question: Question
) -> tuple[dict[str, NDArray[np.float64]], RowRemarks]:
    """Values of every duplex by quantity, and what they tell of it."""
    sharing = _sharing(predictor, question)
    if sharing is not None:
        values = _transmissions(sharing, codes, question)
        return values, _vanishing(values[question.rank_by])
    at = np.array([] if question.fermi_energy is None else [question.fermi_energy])
    junctions = junctions_between(codes, question.left, question.right)
    spectra, at_fermi = totals_and_at(predictor, junctions, question.energies, at, question.eta)
    window = question.in_window
    values = {MEAN_TRANSMISSION: spectra.log10_transmission[:, window].mean(axis=1)}
    if knows_dos(predictor):
        values[MEAN_DOS] = spectra.log10_dos[:, window].mean(axis=1)
    if question.fermi_energy is not None:
        values[TRANSMISSION] = at_fermi[:, 0]
    if question.rank_by == CONDUCTANCE:
        values[CONDUCTANCE], remarks = _conductances(predictor, codes, question)
        return values, remarks
    every = np.concatenate((spectra.log10_transmission, at_fermi), axis=1)
    return values, _vanishing(every.max(axis=1))


def _transmissions(
    predictor: PairwisePredictor, codes: NDArray[np.int8], question: Question
) -> dict[str, NDArray[np.float64]]:
    """What is asked for, and T at the Fermi energy, which costs little beside a window."""
    grids = {}
    if question.rank_by == MEAN_TRANSMISSION:
        grids[MEAN_TRANSMISSION] = question.energies[question.in_window]
    if question.fermi_energy is not None:
        grids[TRANSMISSION] = np.array([question.fermi_energy])
    contacts = question.left, question.right
    return {
        name: predictor.mean_log10_transmission(codes, contacts, grid, question.eta)
        for name, grid in grids.items()
    }


def _vanishing(log10_transmission: NDArray[np.float64]) -> RowRemarks:
    return RowRemarks([(), (DISCONNECTED,)], np.isneginf(log10_transmission).astype(np.intp))


def _conductances(
    predictor: Predictor, codes: NDArray[np.int8], question: Question
) -> tuple[NDArray[np.float64], RowRemarks]:
    """log10 G/G0 of each duplex, and what is to be said of it."""
    assert question.fermi_energy is not None
    at = AtEquilibrium(question.fermi_energy, question.temperature)
    found, remarks = np.empty(len(codes)), []
    alphabet = predictor.conditions.alphabet
    for row, text in enumerate(duplex_texts(codes, alphabet)):
        junction = junction_of(text.decode(), question, alphabet)
        found[row], said = log10_conductance(
            predictor, junction, question.energies, question.eta, at
        )
        remarks.append(said)
    return found, RowRemarks(remarks, np.arange(len(codes)))
