"""What is to be fitted to what, checked before the work begins."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final, Self

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from dnawire import __version__
from dnawire.api.fit_question import FitQuestion
from dnawire.api.model import Model, load
from dnawire.data import Measurements, is_published, load_measurements
from dnawire.errors import UnusableDataFileError, UsageError
from dnawire.files.tables import plain_head, read_table
from dnawire.files.text import read_packed_text
from dnawire.inference import (
    ConductanceModel,
    FitSettings,
    FreeParameter,
    Problem,
    WantedParameter,
)
from dnawire.junction import Contact, Junction
from dnawire.predictors import Predictor

Doubles = NDArray[np.float64]

_LARGEST_TABLE: Final = 2**28
_CONTACTS: Final = "fit rows of one kind of contacts at a time, and give these by the flags."
_NOT_READ: Final = {
    "weight": "write it as error_decades, one over its root, or rename the column.",
    "left_contact": _CONTACTS,
    "right_contact": _CONTACTS,
}
"""Columns that would change a fit, and what to do with them."""
_LOWEST: Final = -999.0
"""Decades of G below which nothing is conducted."""


@dataclass(frozen=True, eq=False)
class FitPreparation:
    """A fit before it is done.

    Parameters
    ----------
    predictor, question
        Who is asked, for what.
    measurements, table
        The rows, R of them, and the name of their table.
    contacts
        Left and right one.
    temperatures
        Of the rows in K, (R,).
    problem, settings
        What is to be solved, and how.
    """

    predictor: Predictor
    question: FitQuestion
    measurements: Measurements
    table: str
    contacts: tuple[Contact, Contact]
    temperatures: Float[Doubles, " R"]
    problem: Problem
    settings: FitSettings

    @classmethod
    def of(
        cls,
        table: Measurements | Path | str,
        model: Model | Path | str,
        device: str,
        question: FitQuestion,
    ) -> Self:
        """Read the table, load the model, and check both against each other.

        Raises
        ------
        DnawireError
            The table or a value is impossible, or the model cannot be used.
        """
        wanted = question.wanted
        measured = table if isinstance(table, Measurements) else _read(table)
        name = _name_of(table)
        if is_published(name) and "prefactor" not in [one.kind.name for one in wanted]:
            raise UsageError(
                f"the conductances of {name} are relative, and no prefactor is fitted",
                "Add prefactor to --vary.",
            )
        predictor = load(model, device).predictor
        contacts = question.contacts(predictor)
        own = measured.temperature
        temperatures = np.where(np.isnan(own), question.temperature, own)
        conducting = ConductanceModel(
            predictor,
            [Junction(one, *contacts) for one in measured.duplexes],
            temperatures,
            question.probes,
            question.probe_sites,
            question.fermi_reference,
        )
        errors = _errors(measured, question)
        problem = Problem(
            model=conducting,
            log10_measured=measured.log10_conductance,
            sigma=np.ones(len(measured)) if errors is None else errors,
            parameters=_free(wanted, conducting, question),
            held=_held(question, contacts),
        )
        _check_conducting(problem, measured)
        knows_errors = errors is not None
        settings = FitSettings(question.starts, question.seed, question.confidence, knows_errors)
        return cls(predictor, question, measured, name, contacts, temperatures, problem, settings)

    def digest(self, identity: str) -> str:
        """SHA-256 of all that shapes the fit, of a model with some digest."""
        asked = [(one.name, getattr(self.question, one.name)) for one in fields(FitQuestion)]
        texts = [one.text for one in self.measurements.duplexes]
        columns = self.problem.log10_measured, self.problem.sigma, self.temperatures
        rows = [one.tolist() for one in columns]
        plan = [__version__, identity, self.predictor.name, asked, texts, rows]
        return hashlib.sha256(repr(plan).encode()).hexdigest()

    @property
    def num_steps(self) -> int:
        """Starts and profiles, as far as no profile finds a lower minimum."""
        return self.settings.starts + len(self.problem.parameters)


def _read(table: Path | str) -> Measurements:
    """Read a table, which must not hold what a fit would take no notice of."""
    measured = load_measurements(table)
    if not is_published(table):
        lines = read_packed_text(measured.file[0], largest=_LARGEST_TABLE).split("\n")
        heads = {plain_head(head) for head in read_table(lines).heads}
        for head in sorted(heads & _NOT_READ.keys()):
            raise UnusableDataFileError(
                f"{table}: a fit does not read its column '{head}'.", _NOT_READ[head]
            )
    return measured


def _name_of(table: Measurements | Path | str) -> str:
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
