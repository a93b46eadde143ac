"""What `dnawire.compare` gives: spectra of several models on the same junctions."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from dnawire.api.conditions import AskedConditions, KeywordConditions, Setup
from dnawire.api.model import predictions_between
from dnawire.api.prediction import Prediction
from dnawire.api.result import Result
from dnawire.api.result_names import RESULT_NAMES
from dnawire.errors import UsageError
from dnawire.inference import (
    Difference,
    check_zeros,
    common_energies,
    common_value,
    model_remarks,
    said_between,
)
from dnawire.junction import Junction
from dnawire.quantities import BY_NAME

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from dnawire.api.wanted import Wanted
    from dnawire.data import TransportRecord
    from dnawire.junction import Contact
    from dnawire.plots import Table
    from dnawire.predictors import Predictor

_LARGEST: Final = 7
"""Models in a figure, which has as many colors."""
_COLUMNS: Final = {name: BY_NAME[name].column for name in ("transmission", "dos")}


class ModelComparison(Result):
    """Spectra and conductances of several models on the same junctions, against the first model.

    It prints as a table, and shows itself in a notebook.

    Parameters
    ----------
    setups
        Who is asked, and for what; the first one is what the others are compared with.
    zeros
        Energy of each model in eV that counts as zero.
    junctions
        What all of them are asked.
    names
        Those of the records of a file, empty where there is none.
    """

    below = "comparisons"
    members = RESULT_NAMES["compare"]
    unit = "predictions"

    def __init__(
        self,
        setups: Sequence[Setup],
        zeros: Sequence[float],
        junctions: Sequence[Junction],
        names: Sequence[str],
    ) -> None:
        self.names = list(names)
        self.zeros = tuple(zeros)
        self._setups = list(setups)
        self._junctions = list(junctions)
        self.labels = _labels([one.predictor.name for one in setups])
        self._predictions: dict[tuple[int, int], Prediction] = {}

    @classmethod
    def prepared(
        cls,
        predictors: Sequence[Predictor],
        found: Sequence[Wanted],
        asked: AskedConditions,
        zeros: Sequence[float],
    ) -> ModelComparison:
        """Check all that can be checked before the work.

        Raises
        ------
        DnawireError
            There are not at least two models, or they take different conditions and are not told
            which.
        """
        check_number(predictors)
        counted = check_zeros(predictors, zeros)
        left, right = _contacts(predictors, asked)
        eta = asked.eta
        if eta is None:
            etas = [one.conditions.eta for one in predictors]
            eta = common_value(predictors, etas, "eta", "Give it in eV with --eta.")
        grid = _energies(predictors, asked, counted)
        setups = []
        for predictor, zero in zip(predictors, counted, strict=True):
            fermi = asked.fermi_energy
            own = KeywordConditions(
                eta=eta,
                fermi_energy=None if fermi is None else fermi + zero,
                temperature=asked.temperature,
                conductance_from_grid=asked.conductance_from_grid,
                grid=grid + zero,
            )
            setups.append(own.setup(predictor, (left, right)))
        junctions = [Junction(one.duplex, left, right) for one in found]
        return cls(setups, counted, junctions, [one.name for one in found])

    @property
    def name(self) -> str:
        """Names of the models."""
        return "-".join(self.labels)

    @property
    def num_steps(self) -> int:
        """How many predictions there are."""
        return len(self._setups) * len(self._junctions)

    def steps(self) -> Iterator[None]:
        """Predict one junction by one model after the other."""
        for row, junction in enumerate(self._junctions):
            for model, setup in enumerate(self._setups):
                [prediction] = predictions_between(setup, [junction])
                self._predictions[model, row] = prediction
                # All that is slow in it is computed here, and kept.
                _ = prediction.summary
                yield

    def predictions(self, model: int | str) -> list[Prediction]:
        """What one model, by number or label, predicts for the junctions, in their order."""
        number = self.labels.index(model) if isinstance(model, str) else model
        return [self._predictions[number, row] for row in range(len(self._junctions))]

    @property
    def heading(self) -> list[str]:
        """Lines that say who was asked, and for what."""
        first = self._setups[0]
        zeros = " ".join(f"{one:g}" for one in self.zeros)
        contacts = next(line for line in first.lines if line.startswith("contacts"))
        grid = first.grid - self.zeros[0]
        between = max((said_between(one.predictor) for one in self._setups), key=len)
        lines = [
            f"models        {', '.join(self.labels)}; differences are from the first",
            contacts,
            f"energies      {len(grid)} from {grid[0]:g} to {grid[-1]:g} eV, eta {first.eta:g} eV"
            f"{between}",
        ]
        if any(self.zeros):
            lines.append(f"zeros         {zeros} eV, from which energies of each model count")
        if first.asked.fermi_energy is not None:
            level = first.asked.fermi_energy - self.zeros[0]
            lines.append(f"E_F           {level:g} eV, {first.asked.temperature:g} K")
        return lines

    @property
    def rows(self) -> list[list[str]]:
        """The table that is printed: names of the columns, then a row for each prediction."""
        heads = {
            "name": "name",
            "sequence": "sequence",
            "model": "model",
            "log10_transmission": "log10 T(E_F)",
            "conductance_quanta": "G (G0)",
            "transmission_difference": "mean |d log10 T|",
            "largest_transmission_difference": "largest",
            "largest_transmission_difference_energy": "at (eV)",
            "dos_difference": "mean |d log10 DOS|",
            "status": "status",
        }
        table = self.table()
        shown = {name: head for name, head in heads.items() if name in table}
        columns = [[_cell(name, one) for one in table[name][1]] for name in shown]
        return [list(shown.values()), *(list(row) for row in zip(*columns, strict=True))]

    @property
    def lines(self) -> list[str]:
        """Nothing more is said."""
        return []

    @property
    def warnings(self) -> list[str]:
        """What is not to be trusted, in sentences."""
        found = []
        for model, label in enumerate(self.labels):
            remarks = model_remarks(self._setups[model].predictor)
            found += [f"{label}: {one.sentence}" for one in remarks]
            for one in self.predictions(model):
                text = one.junction.duplex.text
                found += [f"{label}, {text}: {remark.sentence}" for remark in one.own_remarks]
        return found

    def table(self) -> Table:
        """A row for each junction and model."""
        keys = [(m, row) for row in range(len(self._junctions)) for m in range(len(self.labels))]
        predictions = [self._predictions[key] for key in keys]
        firsts = [self._predictions[0, row] for _, row in keys]
        columns: dict[str, tuple[str, Any]] = {}
        if any(self.names):
            columns["name"] = ("", [self.names[row] for _, row in keys])
        columns["sequence"] = ("", [one.junction.duplex.text for one in predictions])
        columns["model"] = ("", [self.labels[model] for model, _ in keys])
        at_fermi = [one.summary.at_fermi_energy for one in predictions]
        known = [one for one in at_fermi if one is not None]
        if known:
            columns["log10_transmission"] = ("", [one.log10_transmission for one in known])
            quanta = [one.conductance.conductance_quanta for one in known]
            columns["conductance_quanta"] = ("", quanta)
            columns["conductance"] = ("S", [one.conductance.siemens for one in known])
        pairs = list(zip(predictions, firsts, strict=True))
        for name, column in _COLUMNS.items():
            differences = [self._difference(one, first, column) for one, first in pairs]
            columns[f"{name}_difference"] = ("decades", [one.mean for one in differences])
            if name == "transmission":
                largest = [one.largest for one in differences]
                columns["largest_transmission_difference"] = ("decades", largest)
                places = [one.at for one in differences]
                columns["largest_transmission_difference_energy"] = ("eV", places)
        columns["status"] = ("", [one.status for one in predictions])
        return columns

    def plot(self) -> Figure:
        """Figure of T(E) and DOS(E) of all models, of the first junctions that fit into one."""
        return self.plot_page(0)

    def plot_page(self, number: int) -> Figure:
        """Figure of the junctions of one page, from 0; `num_pages` says how many there are."""
        from dnawire.plots import PANELS, models_figure

        asked = self._setups[0].asked.fermi_energy
        first, count = number * PANELS, len(self._junctions)
        last = min(first + PANELS, count)
        part = "" if self.num_pages == 1 else f", sequences {first + 1} to {last} of {count}"
        return models_figure(
            self._drawn(number),
            f"Models compared{part}",
            self._footer,
            None if asked is None else asked - self.zeros[0],
        )

    @property
    def num_pages(self) -> int:
        """How many figures all junctions need."""
        from dnawire.plots import PANELS

        return -(-len(self._junctions) // PANELS)

    def write(self, folder: Path) -> None:
        """Write the table, and the figures with their numbers."""
        from dnawire import plots

        plots.save_table(folder / "comparison.csv", self.table())
        for page in range(self.num_pages):
            stem = "spectra" if self.num_pages == 1 else f"spectra_{page + 1}"
            numbers = self._with_names(plots.models_table(self._drawn(page)), page)
            plots.save_figure(self.plot_page(page), folder / stem, numbers)

    def _with_names(self, table: Table, page: int) -> Table:
        """The numbers of a page behind the names of its records, if there are any."""
        from dnawire.plots import PANELS

        if not any(self.names):
            return table
        names = self.names[page * PANELS : (page + 1) * PANELS]
        records = [one for each in self._drawn(page).values() for one in each]
        sizes = [len(one.energies) for one in records]
        return {"name": ("", np.repeat(names * len(self.labels), sizes)), **table}

    def _drawn(self, page: int) -> dict[str, list[TransportRecord]]:
        from dnawire.plots import PANELS

        rows = range(len(self._junctions))[page * PANELS : (page + 1) * PANELS]
        return {
            label: [self._counted(model, self._predictions[model, row].resolved) for row in rows]
            for model, label in enumerate(self.labels)
        }

    def _counted(self, model: int, record: TransportRecord) -> TransportRecord:
        """A record whose energies count from the zero of its model."""
        return replace(record, energies=record.energies - self.zeros[model])

    def _difference(self, one: Prediction, first: Prediction, column: str) -> Difference:
        energies = first.energies - self.zeros[0]
        if one is first:
            return Difference(energies[:0], energies[:0], energies[:0])
        return Difference(energies, one.record.spectra[column], first.record.spectra[column])

    @property
    def _footer(self) -> str:
        from dnawire.plots import footer

        first, conditions = self._setups[0], [one.predictor.conditions for one in self._setups]
        theories = dict.fromkeys(
            f"parameter set {one.parameters}" if one.parameters else one.level or ""
            for one in conditions
        )
        energy, contacts = first.asked.fermi_energy, first.contacts
        parts = footer(
            None if contacts is None else (contacts[0].text, contacts[1].text),
            energy_reference=conditions[0].energy_reference,
            eta=first.eta,
            parameters=None,
            level=", ".join(filter(None, theories)) or None,
            thermal=None if energy is None else (energy - self.zeros[0], first.asked.temperature),
        ).split("; ")
        if any(self.zeros):
            parts[1] = f"energies from {', '.join(f'{one:g}' for one in self.zeros)} eV"
        return "; ".join(parts)


def check_number(predictors: Sequence[Predictor]) -> None:
    """Refuse to compare less than two models, or more than a figure has colors.

    Raises
    ------
    UsageError
        It is so.
    """
    if not 2 <= len(predictors) <= _LARGEST:
        raise UsageError(
            f"{len(predictors)} models to be compared",
            f"Give 2 to {_LARGEST} models, and the sequences.",
        )


def _labels(names: Sequence[str]) -> list[str]:
    """Names of models; equal ones are numbered."""
    seen: Counter[str] = Counter()
    labels = []
    for name in names:
        seen[name] += 1
        labels.append(name if names.count(name) == 1 else f"{name}#{seen[name]}")
    return labels


def _contacts(predictors: Sequence[Predictor], asked: AskedConditions) -> tuple[Contact, Contact]:
    found = [asked.contacts(one) for one in predictors]
    texts = [f"{left.text} | {right.text}" for left, right in found]
    remedy = "Give them with --left_contact and --right_contact."
    common_value(predictors, texts, "contacts", remedy)
    return found[0]


def _energies(
    predictors: Sequence[Predictor], asked: AskedConditions, zeros: Sequence[float]
) -> NDArray[np.float64]:
    ends = asked.energy_min, asked.energy_max
    if any(zeros) and None in ends and (set(ends) != {None} or asked.num_energy_points):
        raise UsageError(
            "with zeros of the energy both ends of the energies are needed",
            "Give --energy_min and --energy_max, counted from the zeros.",
        )
    grid = asked.energies(predictors[0])
    return common_energies(predictors, zeros) if grid is None else grid


def _cell(name: str, value: object) -> str:
    if not isinstance(value, float):
        return str(value)
    if math.isnan(value):
        return "-"
    return format(value, ".3e" if name == "conductance_quanta" else ".4f")
