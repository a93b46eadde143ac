"""Errors of any predictor on any records, by the definition of the training."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from dnawire.data import parameter_set_of
from dnawire.errors import UsageError
from dnawire.quantities import QUANTITIES, SCORED, Quantity
from dnawire.tightbinding import available_parameters, load_parameters

if TYPE_CHECKING:
    from dnawire.data import Splits, TransportDataset, TransportRecord
    from dnawire.predictors import Predictor
    from dnawire.training.metrics import Scores

Doubles = NDArray[np.float64]

_AT_ONCE: Final = 16
"""Records that are predicted together."""
_SAME_ENERGY: Final = 1e-9
"""eV; zeros of the energy that differ by less are one."""


class Errors(NamedTuple):
    """Absolute errors of one quantity, summed at every energy of every record; V numbers each.

    Where the reference is not finite there is no error.
    """

    sums: Float[Doubles, " V"]
    squares: Float[Doubles, " V"]
    counts: Float[Doubles, " V"]

    def means(
        self, groups: Int[NDArray[np.int64], " V"], number: int
    ) -> tuple[Float[Doubles, " n"], Float[Doubles, " n"]]:
        """Mean absolute and root mean square error of each group; NaN where there is none.

        Parameters
        ----------
        groups
            Number of the group of each value, from 0.
        number
            How many groups there are.
        """
        counts, sums, squares = (
            np.bincount(groups, weights=one, minlength=number)
            for one in (self.counts, self.sums, self.squares)
        )
        with np.errstate(invalid="ignore"):
            return sums / counts, np.sqrt(squares / counts)


@dataclass(eq=False)
class ErrorTable:
    """Errors of one predictor on the records of a dataset, as `evaluate` fills it.

    Parameters
    ----------
    dataset
        The reference.
    """

    dataset: TransportDataset
    predicted: dict[int, TransportRecord] = field(default_factory=dict)
    """Predictions by number of the record, without what has a value for each site."""
    _errors: dict[str, dict[int, NDArray[Any]]] = field(default_factory=dict)

    @property
    def offsets(self) -> NDArray[np.int64]:
        """Where the values of each record begin, (N + 1,)."""
        sizes = self.dataset.grids.counts[self.dataset.grid_index]
        return np.concatenate(([0], np.cumsum(sizes)))

    @property
    def records(self) -> NDArray[np.int64]:
        """Record of each value, (V,)."""
        return np.repeat(np.arange(len(self.dataset)), np.diff(self.offsets))

    @property
    def energies(self) -> Doubles:
        """Energy of each value in eV, (V,)."""
        grids = [self.dataset.grids[int(one)] for one in self.dataset.grid_index]
        return np.concatenate(grids)

    @property
    def quantities(self) -> list[Quantity]:
        """What both sides have."""
        return [one for one in QUANTITIES if one.name in self._errors]

    def errors(self, quantity: Quantity) -> Errors:
        """Errors of one quantity at every energy of every record."""
        rows = self._errors[quantity.name]
        return Errors(*np.concatenate([rows[number] for number in range(len(rows))], axis=1))

    def scores(self) -> dict[str, tuple[float, float]]:
        """Mean absolute and root mean square error over all values, by name of the quantity."""
        found = {}
        for quantity in self.quantities:
            errors = self.errors(quantity)
            mae, rmse = errors.means(np.zeros(len(errors.sums), np.int64), 1)
            found[quantity.name] = float(mae[0]), float(rmse[0])
        return found

    def pairs(self) -> dict[str, tuple[Doubles, Doubles]]:
        """Reference and predicted values of the scored quantities, by name."""
        pairs = {}
        for quantity in self.quantities:
            if quantity in SCORED:
                reference = [record.spectra[quantity.column] for record in self.dataset]
                predicted = [
                    self.predicted[number].spectra[quantity.column]
                    for number in range(len(self.dataset))
                ]
                pairs[quantity.name] = np.concatenate(reference), np.concatenate(predicted)
        return pairs

    def add(self, number: int, predicted: TransportRecord, reference: TransportRecord) -> None:
        """Take the errors of one record, in the scale of each quantity."""
        for quantity in QUANTITIES:
            column = quantity.column
            if column in predicted.spectra and column in reference.spectra:
                found = _summed(predicted.spectra[column], reference.spectra[column])
                self._errors.setdefault(quantity.name, {})[number] = found
        spectra = {name: values for name, values in predicted.spectra.items() if values.ndim == 1}
        self.predicted[number] = replace(predicted, spectra=spectra)


def check_answerable(predictor: Predictor, dataset: TransportDataset) -> None:
    """Refuse records that were computed under conditions that a predictor cannot answer for.

    Raises
    ------
    UsageError
        If it counts energies from another zero, or does not know other energies or another eta than
        those of its training.
    """
    own = predictor.conditions.energy_reference
    zeros = dataset.energy_reference
    is_own = (zeros != 0.0) if np.isnan(own) else (np.abs(zeros - own) <= _SAME_ENERGY)
    if not is_own.all():
        number = int(np.flatnonzero(~is_own)[0])
        scale = "the reference of each molecule" if np.isnan(own) else f"{own:g} eV"
        raise UsageError(
            f"record '{dataset.identifiers[number]}' counts energies from {zeros[number]:g} eV, "
            f"the model {predictor.name} from {scale}",
            "Score the model on records whose energies have its zero.",
        )
    conditions = np.stack((dataset.grid_index, dataset.eta), axis=1)
    different, first = np.unique(conditions, axis=0, return_index=True)
    for (grid, eta), number in zip(different.tolist(), first.tolist(), strict=True):
        try:
            predictor.predict([], dataset.grids[int(grid)], eta)
        except UsageError as error:
            raise UsageError(
                f"record '{dataset.identifiers[number]}' cannot be answered: {error.problem}",
                error.remedy,
            ) from error


def evaluate(predictor: Predictor, dataset: TransportDataset, table: ErrorTable) -> Iterator[int]:
    """Predict all records, some at a time, and take their errors into a table.

    Parameters
    ----------
    predictor
        What predicts.
    dataset
        The reference; see `check_answerable`.
    table
        What is filled.

    Yields
    ------
    int
        Numbers of records that are done, one after the other.
    """
    order = np.lexsort((dataset.lengths, dataset.eta, dataset.grid_index))
    changes = np.diff(dataset.grid_index[order]) != 0
    changes |= np.diff(dataset.eta[order]) != 0
    for group in np.split(order, np.flatnonzero(changes) + 1):
        grid, eta = dataset.grids[int(dataset.grid_index[group[0]])], float(dataset.eta[group[0]])
        for start in range(0, len(group), _AT_ONCE):
            numbers = group[start : start + _AT_ONCE].tolist()
            references = [dataset[number] for number in numbers]
            junctions = [one.junction for one in references]
            predicted = predictor.predict(junctions, grid, eta)
            for number, one, reference in zip(numbers, predicted, references, strict=True):
                table.add(number, one, reference)
                yield number


def other_theory(predictor: Predictor, dataset: TransportDataset) -> list[str]:
    """Say that records are of another level of theory or parameter set than a predictor.

    Nothing is said where neither tells its level, and not both their parameter sets.
    """
    conditions = predictor.conditions
    levels = dataset.source.get("level"), conditions.level
    sets = parameter_set_of(dataset), conditions.parameters
    if levels == (None, None):
        is_told = None not in sets and sets[0] != sets[1]
        said = f"the records are of the parameter set {sets[0]}, the model of {sets[1]}"
        return [said + _other_zero(*sets)] * is_told
    if levels[0] == levels[1]:
        return []
    records, model = (
        level or (f"the parameter set {one}" if one else "a level of theory that nothing tells")
        for level, one in zip(levels, sets, strict=True)
    )
    return [f"the records are of {records}, the model of {model}"]


def _other_zero(*sets: str | None) -> str:
    """Where the levels of guanine tell that energies of two sets may count from other zeros."""
    known = [load_parameters(one) for one in sets if one in available_parameters()]
    levels = [float(one.onsite[one.alphabet.codes["G"]]) for one in known]
    if len(levels) < len(sets) or abs(levels[0] - levels[1]) <= _SAME_ENERGY:
        return ""
    return (
        f"; guanine is at {levels[0]:g} eV in the records and at {levels[1]:g} eV in the model: if "
        "their energies count from different zeros, the errors are of these, and no measure of the "
        "model (`dnawire compare --zeros` compares such sets)"
    )


def baselines_of(dataset: TransportDataset, splits: Splits) -> Mapping[str, Scores]:
    """Scores of the baselines of the training: they learn from its part, and predict the test part.

    Raises
    ------
    MixedEnergyGridError
        If the records have several energy grids.
    """
    # It takes seconds to import torch, which other commands do without.
    import torch

    from dnawire.graphs import iterate, length_buckets
    from dnawire.training.baselines import baseline_scores
    from dnawire.training.statistics import target_statistics

    training = length_buckets(dataset, splits.train)
    test = list(iterate(length_buckets(dataset, splits.test), _AT_ONCE))
    energies = torch.from_numpy(dataset.energies.copy())
    statistics = target_statistics(training, energies, float(dataset.eta[0]))
    return baseline_scores(training, test, statistics)


def _summed(predicted: NDArray[Any], reference: NDArray[Any]) -> Float[Doubles, "3 E"]:
    """Sums of errors, of their squares, and their number, over what has an energy in common."""
    import torch

    from dnawire.training.metrics import absolute_errors

    values, truth = (
        torch.from_numpy(np.atleast_2d(np.asarray(one, np.float64)))
        for one in (predicted, reference)
    )
    errors = absolute_errors(values, truth)
    parts = errors.nansum(0), errors.square().nansum(0), (~errors.isnan()).sum(0).double()
    return torch.stack(parts).numpy()
