"""How the question of a screening is answered for many duplexes of one length."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dnawire.data import duplex_texts
from dnawire.inference._row_remarks import RowRemarks, junction_of
from dnawire.inference.interpolate import interpolated
from dnawire.inference.question import (
    CONDUCTANCE,
    MEAN_DOS,
    MEAN_TRANSMISSION,
    TRANSMISSION,
    Question,
    knows_dos,
)
from dnawire.inference.remarks import DISCONNECTED, summary_remarks
from dnawire.inference.summary import summarize
from dnawire.junction import JunctionArrays
from dnawire.predictors import PairwisePredictor, Predictor
from dnawire.transport import Totals


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
    spectra, energies = _spectra(predictor, codes, question)
    window = np.isin(energies, question.energies[question.in_window])
    values = {MEAN_TRANSMISSION: spectra.log10_transmission[:, window].mean(axis=1)}
    if knows_dos(predictor):
        values[MEAN_DOS] = spectra.log10_dos[:, window].mean(axis=1)
    if question.fermi_energy is not None:
        values[TRANSMISSION] = interpolated(
            energies, spectra.log10_transmission, question.fermi_energy
        )
    if question.rank_by == CONDUCTANCE:
        values[CONDUCTANCE], remarks = _conductances(predictor, codes, question)
        return values, remarks
    return values, _vanishing(spectra.log10_transmission.max(axis=1))


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


def _spectra(
    predictor: Predictor, codes: NDArray[np.int8], question: Question
) -> tuple[Totals[NDArray[np.float64]], NDArray[np.float64]]:
    """Spectra, and their energies: with the Fermi energy, if the predictor knows all energies."""
    shape = codes.shape
    junctions = JunctionArrays(
        codes,
        np.broadcast_to(question.left.ladder_gamma(shape[1]), shape).copy(),
        np.broadcast_to(question.right.ladder_gamma(shape[1]), shape).copy(),
    )
    energies = question.energies
    if question.fermi_energy is not None and predictor.knows_all_energies:
        energies = np.union1d(energies, [question.fermi_energy])
    return predictor.totals(junctions, energies, question.eta), energies


def _conductances(
    predictor: Predictor, codes: NDArray[np.int8], question: Question
) -> tuple[NDArray[np.float64], RowRemarks]:
    """log10 G/G0 of each duplex as `summarize` finds it, and what is to be said of it."""
    quanta, remarks = np.empty(len(codes)), []
    alphabet = predictor.conditions.alphabet
    for row, text in enumerate(duplex_texts(codes, alphabet)):
        junction = junction_of(text.decode(), question, alphabet)
        record = predictor.predict([junction], question.energies, question.eta)[0]
        summary = summarize(
            predictor,
            record,
            question.fermi_energy,
            question.temperature,
            conductance_from_grid=question.conductance_from_grid,
        )
        assert summary.at_fermi_energy is not None
        quanta[row] = summary.at_fermi_energy.conductance.conductance_quanta
        remarks.append(tuple(summary_remarks(summary)))
    with np.errstate(divide="ignore"):
        return np.log10(quanta), RowRemarks(remarks, np.arange(len(codes)))
