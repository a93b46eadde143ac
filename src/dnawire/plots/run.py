"""All figures of a finished training run, drawn from its files alone."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
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
from dnawire.plots.parity import Pair, parity_figure, parity_table
from dnawire.plots.save import save_figure
from dnawire.plots.spectra import Comparison, comparison_figure, comparison_table
from dnawire.plots.training import read_metrics, read_restarts, training_figure, training_table
from dnawire.quantities import Quantity, scored_in

FIGURES: Final = "figures"
_SAME: Final = 1e-2
"""Difference in decades below which two spectra come from the same Hamiltonian."""
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
    figures = output_dir / FIGURES
    metrics = read_metrics(output_dir / "metrics.csv")
    restarts = read_restarts(output_dir / "starts.jsonl")
    tests = _read_test_set(output_dir)
    predictor = load_predictor(str(output_dir / MODEL_FOLDER))
    conditions = predictor.conditions
    parameters = conditions.parameters
    exact = None if parameters is None else load_predictor(EXACT + parameters)
    about = _footer(conditions)
    paths = save_figure(
        training_figure(metrics, restarts, about), figures / "loss", training_table(metrics)
    )
    order = np.argsort(_record_errors(tests), kind="stable")
    chosen = {"best": order[0], "median": order[len(order) // 2], "worst": order[-1]}
    for name, index in chosen.items():
        compared = Comparison(tests.predicted[int(index)], tests.reference[int(index)])
        drawn = Comparison(
            _resolved(predictor, compared.predicted), _resolved(exact, compared.reference)
        )
        title, what = f"{name.capitalize()} test record", _footer_of(drawn.reference, conditions)
        figure = comparison_figure(drawn, compared.errors(), title, what)
        paths += save_figure(figure, figures / f"spectra_{name}", comparison_table(drawn))
    pairs = {quantity.name: tests.pair(quantity) for quantity in tests.scored}
    parity = parity_figure(pairs, about)
    paths += save_figure(parity, figures / "parity", parity_table(parity, pairs))
    median = tests.reference[int(chosen["median"])]
    if predictor.knows_hamiltonian:
        paths += _write_hamiltonian(predictor, exact, median, figures / "hamiltonian")
    return paths


def _write_hamiltonian(
    predictor: Predictor, exact: Predictor | None, record: TransportRecord, stem: Path
) -> list[Path]:
    duplex = record.junction.duplex
    predicted, about = predictor.hamiltonian(duplex), _footer_of(record, predictor.conditions)
    if exact is None:
        figure = hamiltonian_figure(predicted, duplex, "Predicted Hamiltonian", about)
        table = hamiltonian_table(duplex, predicted=predicted)
    else:
        true = exact.hamiltonian(duplex)
        predicted = align_signs(predicted, true)
        figure = hamiltonian_comparison_figure(predicted, true, duplex, about)
        table = hamiltonian_table(duplex, predicted=predicted, true=true)
    return save_figure(figure, stem, table)


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


def _footer(conditions: Conditions) -> str:
    contacts = conditions.contacts
    return footer(
        None if contacts is None else (contacts[0].text, contacts[1].text),
        energy_reference=conditions.energy_reference,
        eta=conditions.eta,
        parameters=conditions.parameters,
        level=conditions.level,
    )


def _footer_of(record: TransportRecord, conditions: Conditions) -> str:
    return footer(
        (record.junction.left.text, record.junction.right.text),
        energy_reference=record.energy_reference,
        eta=record.eta,
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
