"""What `dnawire.evaluate` gives: errors of a model on records, and which records are the worst."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from dnawire.api.result import Result
from dnawire.api.result_names import RESULT_NAMES
from dnawire.api.tables import aligned, data_frame
from dnawire.data import Splits, TransportDataset, read_splits
from dnawire.errors import UsageError
from dnawire.inference import (
    ErrorTable,
    Remark,
    baselines_of,
    check_answerable,
    evaluate,
    junction_remarks,
    model_remarks,
    other_theory,
    status,
)
from dnawire.predictors.shortfalls import shortfalls
from dnawire.quantities import BY_NAME, SCORED
from dnawire.structures import load_helix

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from dnawire.plots import Table
    from dnawire.predictors import Predictor
    from dnawire.training.metrics import Scores

Grouping = Literal["predictor", "length", "energy", "record"]

_WORST: Final = 5


class Evaluation(Result):
    """Errors of a model on records, by the definition of the training.

    It prints as a table, and shows itself in a notebook.

    Parameters
    ----------
    predictor
        The model.
    dataset
        The records that it is scored on.
    origin
        Where they come from, in words.
    baselines
        Scores of the baselines on the same records, by name; None if nothing says what they may
        learn from.
    """

    below = "evaluations"
    members = RESULT_NAMES["evaluate"]
    unit = "records"

    def __init__(
        self,
        predictor: Predictor,
        dataset: TransportDataset,
        origin: str,
        baselines: dict[str, Scores] | None,
    ) -> None:
        self._predictor = predictor
        self._dataset = dataset
        self._origin = origin
        self._baselines = baselines
        self._table = ErrorTable(dataset)

    @classmethod
    def prepared(
        cls, predictor: Predictor, dataset: TransportDataset, origin: str, splits: Path | None
    ) -> Evaluation:
        """Check all that can be checked before the work.

        Raises
        ------
        DnawireError
            The model cannot answer for the energies or eta of a record, or the file of splits
            cannot be used.
        """
        if splits is None:
            check_answerable(predictor, dataset)
            return cls(predictor, dataset, f"{origin}, all of them", None)
        parts: Splits = read_splits(splits, dataset, allow_leak=True)
        test = dataset.select(parts.test)
        check_answerable(predictor, test)
        origin = f"{origin}, those of the test part of {splits}"
        return cls(predictor, test, origin, dict(baselines_of(dataset, parts)))

    @property
    def name(self) -> str:
        """Short name of the model."""
        return self._predictor.name

    @property
    def num_steps(self) -> int:
        """How many records there are."""
        return len(self._dataset)

    def steps(self) -> Iterator[None]:
        """Score one record after the other."""
        for _ in evaluate(self._predictor, self._dataset, self._table):
            yield

    @property
    def scores(self) -> dict[str, tuple[float, float]]:
        """Mean absolute and root mean square error by name of the quantity, in its scale."""
        return self._table.scores()

    @property
    def baselines(self) -> dict[str, Scores]:
        """Mean absolute errors of the baselines by their names; empty without a split."""
        return dict(self._baselines or {})

    @property
    def heading(self) -> list[str]:
        """Lines that say who is scored, and on what."""
        lengths = self._dataset.lengths
        return [
            f"model         {self.name}",
            f"records       {self.num_steps} of {self._origin}",
            f"lengths       {lengths.min()} to {lengths.max()} base pairs",
            "errors        in decades, over all energies at which the reference is above zero",
            "baselines     learn from the training part"
            if self._baselines is not None
            else "baselines     none: nothing says which records they may learn from (--splits)",
        ]

    @property
    def rows(self) -> list[list[str]]:
        """The table that is printed: the model, then the baselines."""
        return _printed(self.table())

    @property
    def lines(self) -> list[str]:
        """Errors by length, and the worst records."""
        lengths = _printed(self.by_length())
        shown = {name: column for name, column in self.by_record().items() if "contact" not in name}
        records = _printed(shown)[: 1 + _WORST]
        return [*aligned(lengths), "", "worst records:", *aligned(records)]

    @property
    def warnings(self) -> list[str]:
        """What is not to be trusted, in sentences."""
        found = [remark.sentence for remark in model_remarks(self._predictor)]
        if self._baselines is not None:
            own = {name: mae for name, (mae, _) in self.scores.items()}
            mine = {one.name: own.get(one.name, math.nan) for one in SCORED}
            lost = shortfalls({self.name: mine, **self._baselines})
            found += [f"the model is no better than a baseline here: {one}" for one in lost]
        found += other_theory(self._predictor, self._dataset)
        found += self._other_helix
        skipped = self._vanishing
        if skipped:
            found.append(f"T vanishes in {skipped} values, which no error counts")
        remarks = [one for each in self._remarks for one in each]
        return found + [
            f"{word}: {sum(one.word == word for one in remarks)} of {self.num_steps} records, e.g. "
            f"{next(one.sentence for one in remarks if one.word == word)}"
            for word in dict.fromkeys(one.word for one in remarks)
        ]

    @property
    def _other_helix(self) -> list[str]:
        """Geometry of the records, where the model of all atoms builds another one."""
        known, helix = load_helix().name, self._dataset.source.get("helix")
        if helix in (None, known):
            return []
        # It takes seconds to import torch, which other models do without.
        from dnawire.models.atomistic.predictor import AtomisticPredictor

        is_other = isinstance(self._predictor, AtomisticPredictor)
        said = f"the records are of {helix}, and the model builds {known} for each of them"
        return [said] * is_other

    def table(self) -> Table:
        """Scores of the model, then those of the baselines, which have no root mean squares."""
        columns: dict[str, tuple[str, Any]] = {"predictor": ("", [self.name, *self.baselines])}
        for name, (mae, rmse) in self.scores.items():
            unit = BY_NAME[name].scale_unit
            others = [one.get(name, math.nan) for one in self.baselines.values()]
            columns[f"{name}_mae"] = (unit, [mae, *others])
            columns[f"{name}_rmse"] = (unit, [rmse, *(math.nan for _ in others)])
        return columns

    def by_length(self) -> Table:
        """Errors of all records of each length."""
        lengths, groups, counts = np.unique(
            self._dataset.lengths, return_inverse=True, return_counts=True
        )
        of_values = groups[self._table.records]
        return {
            "length": ("base pairs", lengths),
            "records": ("", counts),
            **self._errors(of_values, len(lengths)),
        }

    def by_energy(self) -> Table:
        """Errors at each energy."""
        energies, groups = np.unique(self._table.energies, return_inverse=True)
        return {"energy": ("eV", energies), **self._errors(groups, len(energies))}

    def by_record(self) -> Table:
        """Errors of each record, the largest sum of the scored ones first."""
        errors = self._errors(self._table.records, len(self._dataset))
        sums = [np.nan_to_num(errors[f"{one.name}_mae"][1]) for one in SCORED
                if f"{one.name}_mae" in errors]  # fmt: skip
        order = np.argsort(-np.sum(sums, axis=0), kind="stable")
        junctions = [self._dataset.junction(number) for number in order.tolist()]
        remarks = self._remarks
        return {
            "record": ("", self._dataset.identifiers[order]),
            "sequence": ("", [one.duplex.text for one in junctions]),
            "left_contact": ("eV", [one.left.text for one in junctions]),
            "right_contact": ("eV", [one.right.text for one in junctions]),
            **{name: (unit, np.asarray(one)[order]) for name, (unit, one) in errors.items()},
            "status": ("", [status(remarks[number]) for number in order.tolist()]),
        }

    def to_dataframe(self, by: Grouping = "predictor") -> pd.DataFrame:
        """The scores as a pandas data frame.

        Parameters
        ----------
        by
            A row for each ``predictor``, ``length``, ``energy`` or ``record``.

        Raises
        ------
        MissingDependencyError
            If pandas is not installed.
        UsageError
            If there is no such grouping.
        """
        tables = {
            "predictor": self.table,
            "length": self.by_length,
            "energy": self.by_energy,
            "record": self.by_record,
        }
        if by not in tables:
            raise UsageError(f"by = {by!r} is no grouping", f"Choose one of {', '.join(tables)}.")
        return data_frame(tables[by]())

    def plot(self) -> Figure:
        """Figure of the parity of T and DOS."""
        from dnawire.plots import parity_figure

        return parity_figure(self._table.pairs(), self._footer)

    def plot_errors(self) -> Figure:
        """Figure of the errors by energy, and by length."""
        from dnawire.plots import evaluation_figure

        groups = []
        for table in (self.by_energy(), self.by_length()):
            at = np.asarray(next(iter(table.values()))[1])
            errors = {name: np.asarray(table[f"{name}_mae"][1]) for name in self.scores}
            groups.append((at, errors))
        title = f"Errors of {self.name} on {self.num_steps} records"
        return evaluation_figure(groups[0], groups[1], title, self._footer)

    def write(self, folder: Path) -> None:
        """Write scores, errors of each record, parity, and errors by energy and length."""
        from dnawire import plots

        plots.save_table(folder / "scores.csv", self.table())
        plots.save_table(folder / "records.csv", self.by_record())
        parity = self.plot()
        names = list(self._table.pairs())
        plots.save_figure(parity, folder / "parity", plots.parity_table(parity, names))
        plots.save_figure(self.plot_errors(), folder / "errors", self._grouped())

    def _grouped(self) -> Table:
        """Errors by energy, then by length: what `plot_errors` draws."""
        energy, length = self.by_energy(), self.by_length()
        sizes = [len(energy["energy"][1]), len(length["length"][1])]
        errors = {
            name: (unit, np.concatenate((np.asarray(values), np.asarray(length[name][1]))))
            for name, (unit, values) in energy.items()
            if name != "energy"
        }
        at = np.concatenate((energy["energy"][1], length["length"][1]))
        names = np.repeat(["energy_eV", "length_base_pairs"], sizes)
        return {"by": ("", names), "at": ("", at), **errors}

    def _errors(self, groups: NDArray[np.int64], number: int) -> dict[str, tuple[str, Any]]:
        columns: dict[str, tuple[str, Any]] = {}
        for quantity in self._table.quantities:
            mae, rmse = self._table.errors(quantity).means(groups, number)
            columns[f"{quantity.name}_mae"] = quantity.scale_unit, mae
            columns[f"{quantity.name}_rmse"] = quantity.scale_unit, rmse
        return columns

    @property
    def _remarks(self) -> list[tuple[Remark, ...]]:
        junctions = map(self._dataset.junction, range(len(self._dataset)))
        return [tuple(junction_remarks(self._predictor, one)) for one in junctions]

    @property
    def _vanishing(self) -> int:
        values = self._dataset.spectra[BY_NAME["transmission"].column].values
        return int((~np.isfinite(np.asarray(values))).sum())

    @property
    def _footer(self) -> str:
        from dnawire.plots import footer

        conditions, eta = self._predictor.conditions, np.unique(self._dataset.eta)
        text = footer(
            None,
            energy_reference=conditions.energy_reference,
            eta=float(eta[0]),
            parameters=conditions.parameters,
            level=conditions.level,
        )
        return text if len(eta) == 1 else text.replace(f"eta {eta[0]:g} eV", "eta of each record")


def _printed(table: Table) -> list[list[str]]:
    """A table for people: errors go by symbols, and numbers have four digits."""
    heads = [_head(name) for name in table]
    columns = [list(map(_cell, np.asarray(values).tolist())) for _, values in table.values()]
    return [heads, *(list(row) for row in zip(*columns, strict=True))]


def _head(name: str) -> str:
    quantity, _, kind = name.rpartition("_")
    return f"{BY_NAME[quantity].symbol} {kind.upper()}" if quantity in BY_NAME else name


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "-" if math.isnan(value) else f"{value:#.4g}"
    return str(value)
