"""Conditions that several predictors share, so that their answers can be compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from dnawire.errors import UsageError
from dnawire.predictors import Predictor
from dnawire.scalars import ENERGY, check_range

Value = TypeVar("Value")

_SAME_ENERGY: Final = 1e-9
"""eV; energies that differ by less are one, rounded in different ways."""


class Difference:
    """How one spectrum differs from another one at the same energies.

    Parameters
    ----------
    energies
        In eV, (E,).
    values, reference
        In decades, (E,); what is not finite on both sides is left out.
    """

    def __init__(
        self,
        energies: Float[NDArray[np.float64], " E"],
        values: Float[NDArray[np.float64], " E"],
        reference: Float[NDArray[np.float64], " E"],
    ) -> None:
        known = np.isfinite(values) & np.isfinite(reference)
        found = np.abs(values[known] - reference[known])
        self.mean = float(found.mean()) if known.any() else np.nan
        """Mean absolute difference, decades; NaN where nothing can be compared."""
        self.largest = float(found.max()) if known.any() else np.nan
        """Largest one, decades."""
        self.at = float(energies[known][found.argmax()]) if known.any() else np.nan
        """Where that is, eV."""


def check_zeros(predictors: Sequence[Predictor], zeros: Sequence[float]) -> tuple[float, ...]:
    """Return the energy in eV that counts as zero for each predictor.

    Raises
    ------
    UsageError
        Their number is not that of the predictors, or none are given and the predictors count
        energies from different zeros.
    """
    if zeros:
        if len(zeros) != len(predictors):
            raise UsageError(
                f"{len(zeros)} zeros of the energy for {len(predictors)} models",
                "Give one in eV for each model, in their order.",
            )
        for zero in zeros:
            check_range("zeros", zero, ENERGY)
        return tuple(map(float, zeros))
    references = [one.conditions.energy_reference for one in predictors]
    if not np.allclose(references, references[0], rtol=0.0, atol=_SAME_ENERGY, equal_nan=True):
        raise UsageError(
            f"{_told(predictors, [f'{one:g} eV' for one in references])}: energies count from "
            "different zeros",
            "Give with --zeros the energy of each model, in their order, that counts as zero.",
        )
    return (0.0,) * len(predictors)


def common_value(
    predictors: Sequence[Predictor], values: Sequence[Value], name: str, remedy: str
) -> Value:
    """Return what all predictors take if they are not told.

    Raises
    ------
    UsageError
        They differ in it.
    """
    if any(one != values[0] for one in values):
        raise UsageError(
            f"{name}: {_told(predictors, list(map(str, values)))}, which cannot be compared", remedy
        )
    return values[0]


def common_energies(
    predictors: Sequence[Predictor], zeros: Sequence[float]
) -> Float[NDArray[np.float64], " E"]:
    """Energies in eV, from the zeros, that all predictors know.

    They are those of a predictor that knows no others; otherwise the most that one of them takes.

    Raises
    ------
    UsageError
        All of them know any energies, and take others between other ends if they are not told.
    """
    grids = [one.conditions.energies - zero for one, zero in zip(predictors, zeros, strict=True)]
    pairs = zip(predictors, grids, strict=True)
    bound = [grid for one, grid in pairs if not one.knows_all_energies]
    if bound:
        return bound[0]
    ends = [grid[[0, -1]] for grid in grids]
    if not np.allclose(ends, ends[0], rtol=0.0, atol=_SAME_ENERGY):
        told = [f"{low:g} to {high:g} eV" for low, high in ends]
        raise UsageError(
            f"energies: {_told(predictors, told)}, which cannot be compared",
            "Give --energy_min, --energy_max and --num_energy_points, and --zeros where the "
            "energies of the models count from different zeros.",
        )
    return max(grids, key=len)


def _told(predictors: Sequence[Predictor], values: Sequence[str]) -> str:
    return ", ".join(
        f"{one.name} has {value}" for one, value in zip(predictors, values, strict=True)
    )
