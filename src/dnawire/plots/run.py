"""All figures of a finished training run, drawn from its files alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from dnawire.data import TransportDataset, TransportRecord, read_dataset
from dnawire.errors import UnusableDataFileError
from dnawire.inference import (
    EXACT,
    MODEL_FOLDER,
    Conditions,
    Predictor,
    align_signs,
    load_predictor,
    resolved_record,
)
from dnawire.plots.footer import footer
from dnawire.plots.hamiltonian import (
    hamiltonian_comparison_figure,
    hamiltonian_figure,
    hamiltonian_table,
)
from dnawire.plots.ldos_comparison import ldos_comparison_figure
from dnawire.plots.parity import Pair, parity_figure, parity_table
from dnawire.plots.save import Table, save_figure
from dnawire.plots.spectra import Comparison, comparison_figure, comparison_table
from dnawire.plots.training import read_metrics, read_restarts, training_figure, training_table
from dnawire.quantities import Quantity, scored_in

FIGURES: Final = "figures"
_SAME: Final = 1e-2
"""Difference in decades below which two spectra come from the same Hamiltonian."""
_MAP_ENERGIES: Final = 500
_JUNCTION: Final = ("codes", "left", "right")


class _TestSet(NamedTuple):
    reference: TransportDataset
    predicted: TransportDataset

    @property
    def scored(self) -> tuple[Quantity, ...]:
        """What both sides have and are compared by."""
        return scored_in(self.reference.spectra, self.predicted.spectra)

    def pair(self, quantity: Quantity) -> Pair:
        """One quantity of all test records in its scale, one value after another."""
        reference, predicted = (one.spectra[quantity.column].values for one in self)
        return reference, predicted


class DrawnFigure(NamedTuple):
    """A figure of a run."""

    name: str
    """Of its files, without suffix."""
    figure: Figure
    table: Table
    """The numbers that are drawn."""


class FinishedRun:
    """A run that is complete, and what its figures are drawn from.

    Parameters
    ----------
    output_dir
        Its folder.

    Attributes
    ----------
    parameters
        Name of the parameter set that holds its records; None if there is none.

    Raises
    ------
    NotFoundError, UnusableFileError
        If a file of the run is missing or damaged.
    """

    def __init__(self, output_dir: Path) -> None:
        self._metrics = read_metrics(output_dir / "metrics.csv")
        self._restarts = read_restarts(output_dir / "starts.jsonl")
        self._tests = _read_test_set(output_dir)
        self._predictor = load_predictor(str(output_dir / MODEL_FOLDER))
        conditions = self._predictor.conditions
        self.parameters = conditions.parameters
        self._exact = None if self.parameters is None else load_predictor(EXACT + self.parameters)
        self._about = _footer(conditions)
        order = np.argsort(_record_errors(self._tests), kind="stable")
        self._chosen = {"best": order[0], "median": order[len(order) // 2], "worst": order[-1]}

    def record(self, name: str) -> TransportRecord:
        """A test record: the best, the median or the worst predicted one."""
        return self._tests.reference[int(self._chosen[name])]

    def figures(self) -> Iterator[DrawnFigure]:
        """Draw one figure after the other, as `write_training_figures` writes them."""
        curves = training_figure(self._metrics, self._restarts, self._about)
        yield DrawnFigure("loss", curves, training_table(self._metrics))
        for name in self._chosen:
            yield self._spectra(name)
        pairs = {quantity.name: self._tests.pair(quantity) for quantity in self._tests.scored}
        parity = parity_figure(pairs, self._about)
        yield DrawnFigure("parity", parity, parity_table(parity, pairs))
        if self._predictor.knows_hamiltonian:
            yield self._hamiltonian()

    def ldos_figure(self) -> Figure | None:
        """LDOS of the median test record, predicted and true; None where no model knows one."""
        median = self.record("median")
        known = {"Predicted": self._predictor, "True": self._exact}
        records = {
            title: one.predict([median.junction], _fine_energies(one, median), median.eta)[0]
            for title, one in known.items()
            if one is not None and one.knows_hamiltonian
        }
        return ldos_comparison_figure(records, self._footer_of(median)) if records else None

    def _spectra(self, name: str) -> DrawnFigure:
        predicted = self._tests.predicted[int(self._chosen[name])]
        compared = Comparison(predicted, self.record(name))
        drawn = Comparison(
            _resolved(self._predictor, compared.predicted),
            _resolved(self._exact, compared.reference),
        )
        title, what = f"{name.capitalize()} test record", self._footer_of(drawn.reference)
        figure = comparison_figure(drawn, compared.errors(), title, what)
        return DrawnFigure(f"spectra_{name}", figure, comparison_table(drawn))

    def _hamiltonian(self) -> DrawnFigure:
        record = self.record("median")
        duplex, about = record.junction.duplex, self._footer_of(record)
        predicted = self._predictor.hamiltonian(duplex)
        if self._exact is None:
            figure = hamiltonian_figure(predicted, duplex, "Predicted Hamiltonian", about)
            table = hamiltonian_table(duplex, predicted=predicted)
        else:
            true = self._exact.hamiltonian(duplex)
            predicted = align_signs(predicted, true)
            figure = hamiltonian_comparison_figure(predicted, true, duplex, about)
            table = hamiltonian_table(duplex, predicted=predicted, true=true)
        return DrawnFigure("hamiltonian", figure, table)

    def _footer_of(self, record: TransportRecord) -> str:
        return footer(
            (record.junction.left.text, record.junction.right.text),
            energy_reference=record.energy_reference,
            eta=record.eta,
            parameters=self.parameters,
            level=self._predictor.conditions.level,
        )


def write_training_figures(output_dir: Path) -> list[Path]:
    """Draw the figures of a finished run into ``output_dir/figures``, replacing earlier ones.

    Drawn are the losses, three test spectra (best, median and worst), the parity of T and DOS and,
    for a model that has one, the Hamiltonian of the median duplex beside the true one, where this
    is known. Each figure is a PNG, an SVG and a CSV of its numbers.

    Parameters
    ----------
    output_dir
        Folder of a run that is complete.

    Returns
    -------
    list of Path
        The files that were written.

    Raises
    ------
    NotFoundError, UnusableFileError
        If a file of the run is missing or damaged.
    NotWritableError
        If the figures cannot be written.
    """
    run = FinishedRun(output_dir)
    paths = []
    for name, figure, table in run.figures():
        paths += save_figure(figure, output_dir / FIGURES / name, table)
    return paths


def _resolved(predictor: Predictor | None, record: TransportRecord) -> TransportRecord:
    """Add energies that miss no resonance, where a Hamiltonian is known that gives the record."""
    if predictor is None or not predictor.knows_hamiltonian:
        return record
    resolved = resolved_record(predictor, record)
    on_grid = np.isin(resolved.energies, record.energies)
    is_same = all(
        np.allclose(values[on_grid], record.spectra[name], rtol=0.0, atol=_SAME)
        for name, values in resolved.spectra.items()
        if name in record.spectra
    )
    return resolved if is_same else record


def _fine_energies(predictor: Predictor, record: TransportRecord) -> NDArray[np.float64]:
    """Energies of a map, eV: many, and those that miss no resonance."""
    resolved = resolved_record(predictor, record).energies
    return np.union1d(resolved, np.linspace(resolved[0], resolved[-1], _MAP_ENERGIES))


def _footer(conditions: Conditions) -> str:
    contacts = conditions.contacts
    return footer(
        None if contacts is None else (contacts[0].text, contacts[1].text),
        energy_reference=conditions.energy_reference,
        eta=conditions.eta,
        parameters=conditions.parameters,
        level=conditions.level,
    )


def _read_test_set(output_dir: Path) -> _TestSet:
    path = output_dir / "test_predicted.h5"
    reference = read_dataset(output_dir / "test_reference.h5")
    predicted = read_dataset(path)
    if not _is_same_test_set(reference, predicted):
        raise UnusableDataFileError(
            f"{path}: its records are not those of test_reference.h5.",
            "repeat the command of the run: it writes both files again.",
        )
    return _TestSet(reference, predicted)


def _is_same_test_set(reference: TransportDataset, predicted: TransportDataset) -> bool:
    columns = ((getattr(one, name) for one in (reference, predicted)) for name in _JUNCTION)
    return np.array_equal(_owners(reference), _owners(predicted)) and all(
        np.array_equal(ours.values, theirs.values) and np.array_equal(ours.offsets, theirs.offsets)
        for ours, theirs in columns
    )


def _owners(dataset: TransportDataset) -> NDArray[np.int64]:
    """Record of every value of a quantity that has one per energy."""
    return np.repeat(np.arange(len(dataset)), dataset.grids.counts[dataset.grid_index])


def _record_errors(tests: _TestSet) -> NDArray[np.float64]:
    """Sum of the mean absolute errors of the scored quantities of every record."""
    owners, number = _owners(tests.reference), len(tests.reference)
    total = np.zeros(number)
    for reference, predicted in map(tests.pair, tests.scored):
        known = np.isfinite(reference) & np.isfinite(predicted)
        errors = np.abs(predicted[known] - reference[known])
        sums = np.bincount(owners[known], errors, minlength=number)
        counts = np.bincount(owners[known], minlength=number)
        total += sums / np.maximum(counts, 1)
    return total
