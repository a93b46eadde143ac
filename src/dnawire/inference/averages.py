"""Averages of conductance and spectra over all sequences that one text stands for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike, NDArray

from dnawire.data import TransportRecord
from dnawire.quantities import scored_in

Doubles = NDArray[np.float64]


class Average(NamedTuple):
    """Conductance of several sequences, each counted once, in G0 = 2e^2/h."""

    number: int
    """How many sequences there are."""
    mean: float
    """Arithmetic mean: what many of them carry side by side."""
    geometric_mean: float
    """10 to the mean of log10 G: what a histogram of single molecules shows; 0 if one of them
    carries nothing."""
    lowest: float
    """Of one sequence."""
    highest: float
    """Of one sequence."""


def average(conductances: ArrayLike) -> Average:
    """Average conductances in G0, (N,); at least one."""
    quanta = np.asarray(conductances, dtype=np.float64)
    with np.errstate(divide="ignore"):
        logarithm = np.log10(quanta).mean()
    return Average(
        number=len(quanta),
        mean=float(quanta.mean()),
        geometric_mean=float(10.0**logarithm),
        lowest=float(quanta.min()),
        highest=float(quanta.max()),
    )


class AverageSpectra(NamedTuple):
    """Spectra of several sequences, each counted once, by column of `QUANTITIES`."""

    energies: Float[Doubles, " E"]
    """In eV."""
    means: Mapping[str, Float[Doubles, " E"]]
    """Means of the logarithms in decades; -inf where one of them vanishes."""
    ranges: Mapping[str, tuple[Float[Doubles, " E"], Float[Doubles, " E"]]]
    """Lowest and highest of them in decades."""


def average_spectra(records: Sequence[TransportRecord]) -> AverageSpectra:
    """Average T and DOS of records at the same energies; at least one."""
    columns = [one.column for one in scored_in(*(record.spectra for record in records))]
    each = {name: np.stack([one.spectra[name] for one in records]) for name in columns}
    return AverageSpectra(
        energies=records[0].energies,
        means={name: values.mean(0) for name, values in each.items()},
        ranges={name: (values.min(0), values.max(0)) for name, values in each.items()},
    )
