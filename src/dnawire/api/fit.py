"""``dnawire.fit``: what measured conductances tell of Fermi energy, contacts and dephasing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Unpack

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from dnawire.api.fit_question import FitKeywords, FitQuestion, fit_parameters
from dnawire.api.fit_result import Fit
from dnawire.api.keywords import takes
from dnawire.api.model import Model, load
from dnawire.data import Measurements, is_published, load_measurements
from dnawire.errors import UnusableDataFileError, UsageError
from dnawire.inference import (
    ConductanceModel,
    FitSettings,
    FreeParameter,
    Problem,
    WantedParameter,
    solve,
)
from dnawire.junction import Contact, Junction

Doubles = NDArray[np.float64]

_KEYWORDS = fit_parameters()
_LOWEST = -999.0
"""Decades of G below which nothing is conducted."""


@takes(_KEYWORDS)
def fit(
    table: Measurements | Path | str,
    model: Model | Path | str,
    *,
    device: str = "auto",
    **keywords: Unpack[FitKeywords],
) -> Fit:
    """Fit Fermi energy, couplings, dephasing and hoppings to measured conductances.

    Least squares in log10 G from several starts, with intervals by profile likelihood. Nothing is
    written to disk.

    Parameters
    ----------
    table
        A table with units in the heads of its columns (see `dnawire.data.read_measurements`), what
        was read of one, or ``published:NAME`` for one of this package.
    model
        See `dnawire.load`: what knows a Hamiltonian of one orbital per base.
    device
        Where the network of a trained model computes: auto, cpu, cuda or cuda:NUMBER.
    **keywords
        ``vary``: parameters that are fitted, each ``"NAME"`` or ``"NAME=LOW:HIGH"``. The value of
        any other, under its name: ``fermi_energy`` (eV, counted from ``fermi_reference``),
        ``gamma_left``, ``gamma_right``, ``probe_coupling`` and ``hopping_shift`` (eV),
        ``hopping_scale``, ``prefactor``. ``temperature`` (K) and ``error_decades`` of rows that
        tell none; ``confidence``, ``starts`` and ``seed``; ``probes`` and ``probe_sites`` as in
        `dnawire.dephasing`; contacts as in `dnawire.predict`.

    Returns
    -------
    Fit
        Parameters with their intervals, correlations, residuals, and what is not identifiable.

    Raises
    ------
    DnawireError
        The table, a value or a keyword is impossible, or the model cannot be used.
    """
    return fitted(table, model, device, FitQuestion.of(keywords), lambda: None)


def fitted(
    table: Measurements | Path | str,
    model: Model | Path | str,
    device: str,
    question: FitQuestion,
    progress: Callable[[], None],
) -> Fit:
    """Fit, and tell after each start and each profile; see `fit`.

    Raises
    ------
    DnawireError
        See `fit`.
    """
    wanted = question.wanted
    measured = table if isinstance(table, Measurements) else load_measurements(table)
    if is_published(measured_name(table)) and "prefactor" not in [one.kind.name for one in wanted]:
        raise UsageError(
            f"the conductances of {table} are relative, and no prefactor is fitted",
            "Add prefactor to --vary.",
        )
    predictor = load(model, device).predictor
    contacts = question.contacts(predictor)
    junctions = [Junction(one, *contacts) for one in measured.duplexes]
    told = np.where(np.isnan(measured.temperature), question.temperature, measured.temperature)
    conducting = ConductanceModel(
        predictor,
        junctions,
        told,
        question.probes,
        question.probe_sites,
        question.fermi_reference,
    )
    errors = _errors(measured, question)
    held = _held(question, contacts)
    problem = Problem(
        model=conducting,
        log10_measured=measured.log10_conductance,
        sigma=np.ones(len(measured)) if errors is None else errors,
        parameters=_free(wanted, conducting, question),
        held=held,
    )
    _check_conducting(problem, measured)
    settings = FitSettings(
        question.starts, question.seed, question.confidence, knows_errors=errors is not None
    )
    solution = solve(problem, settings, progress)
    return Fit(predictor, question, measured, measured_name(table), contacts, told, solution)


def measured_name(table: Measurements | Path | str) -> str:
    """Name of a table for results: its file, or the one of this package."""
    return str(table.file[0]) if isinstance(table, Measurements) else str(table)


def _errors(measured: Measurements, question: FitQuestion) -> Float[Doubles, " R"] | None:
    """Standard deviations in decades; None if nobody knows any."""
    own = measured.error_decades
    unknown = np.isnan(own)
    if question.error_decades is not None:
        return np.where(unknown, question.error_decades, own)
    if unknown.all():
        return None
    if unknown.any():
        path, lines = measured.file
        raise UnusableDataFileError(
            f"{path}, line {lines[int(np.flatnonzero(unknown)[0])]}: the row has no error, and "
            "others have one.",
            "give that of such rows with --error_decades.",
        )
    return own


def _held(question: FitQuestion, contacts: tuple[Contact, Contact]) -> dict[str, float]:
    left, right = (max(one.gamma for one in side.attachments) for side in contacts)
    return {
        "fermi_energy": 0.0 if question.fermi_energy is None else question.fermi_energy,
        "gamma_left": left,
        "gamma_right": right,
        "probe_coupling": question.probe_coupling,
        "hopping_scale": question.hopping_scale,
        "hopping_shift": question.hopping_shift,
        "prefactor": question.prefactor,
    }


def _free(
    wanted: tuple[WantedParameter, ...], model: ConductanceModel, question: FitQuestion
) -> tuple[FreeParameter, ...]:
    """What is fitted, with bounds."""
    homos = model.homos() if question.fermi_reference == "absolute" else np.zeros(1)
    found = []
    for kind, bounds in wanted:
        low, high = bounds or (kind.low, kind.high)
        if bounds is None and kind.name == "fermi_energy":
            low, high = float(homos.min()) + low, float(homos.max()) + high
        found.append(FreeParameter(kind, low, high))
    return tuple(found)


def _check_conducting(problem: Problem, measured: Measurements) -> None:
    """Refuse rows that no value of any parameter makes conduct."""
    middle = problem.bounds.mean(0)
    values = problem.values(middle) | {"prefactor": 1.0}
    silent = np.flatnonzero(problem.model.log10_conductance(values) < _LOWEST)
    if silent.size:
        path, lines = measured.file
        row = int(silent[0])
        raise UnusableDataFileError(
            f"{path}, line {lines[row]}: the contacts are not connected in "
            f"'{measured.duplexes[row].text}': the model has T = 0.",
            "leave the row out, or attach the contacts elsewhere.",
        )
