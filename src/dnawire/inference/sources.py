"""Where the uncertainty of a conductance comes from: a distribution of log10 G for each source."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from dnawire.errors import UsageError
from dnawire.inference.conductance import (
    AtEquilibrium,
    Carriers,
    carrier_window,
    log10_conductances_of_grid,
)
from dnawire.inference.interpolate import interpolated
from dnawire.inference.observables import disordered_conductance
from dnawire.inference.summary import resolved_record
from dnawire.junction import Junction
from dnawire.predictors import MembersPredictor, Predictor
from dnawire.transport import StaticDisorder, linear_response

Doubles = NDArray[np.float64]

_FEW: Final = 20
"""Values of which all are told; of more, the 5 and 95 % quantiles."""


@dataclass(frozen=True, eq=False)
class Source:
    """What one source of uncertainty makes of a conductance."""

    name: str
    """In tables and figures."""
    log10_values: Float[Doubles, " n"]
    """log10 G in G0; -inf where nothing flows."""
    promised: float | None = None
    """Share of the truth between the two ends of an interval; None of values that may be."""

    @property
    def range_kind(self) -> str:
        """What `ends` are."""
        if self.promised is not None:
            return f"{self.promised:.0%} interval"
        return "all" if len(self.log10_values) <= _FEW else "5 to 95 %"

    @property
    def ends(self) -> tuple[float, float]:
        """Lowest and highest value of few, the 5 and 95 % quantiles of many."""
        ordered = np.sort(self.log10_values)
        cut = 0 if len(ordered) <= _FEW else math.floor(0.05 * len(ordered))
        return float(ordered[cut]), float(ordered[-1 - cut])

    @property
    def mean(self) -> float:
        """Mean of log10 G, the logarithm of the geometric mean."""
        return float(self.log10_values.mean())

    @property
    def deviation(self) -> float:
        """Standard deviation in decades; NaN of an interval, and where nothing flows."""
        values = self.log10_values
        is_known = self.promised is None and len(values) > 1 and np.isfinite(values).all()
        return float(values.std(ddof=1)) if is_known else math.nan


def at_levels(
    predictor: Predictor, junction: Junction, levels: Sequence[float], temperature: float
) -> Float[Doubles, " F"]:
    """log10 of the conductance in G0 at some Fermi energies, all resonances resolved.

    At 0 K it is log10 T, which models of one energy grid know as well: linear between its energies.
    Of members it is the mean over them.

    Parameters
    ----------
    predictor
        Who is asked.
    junction
        The duplex between its contacts.
    levels
        Fermi energies in eV.
    temperature
        In K.

    Raises
    ------
    UsageError
        If a grid is too coarse for a conductance, or does not hold a Fermi energy.
    """
    if isinstance(predictor, MembersPredictor):
        each = [at_levels(one, junction, levels, temperature) for one in predictor.members]
        mean: Doubles = np.stack(each).mean(0)
        return mean
    wanted = np.asarray(levels, float)
    if not predictor.knows_all_energies:
        return _from_grid(predictor, junction, wanted, temperature)
    window, eta = carrier_window(wanted, temperature), predictor.conditions.eta
    carriers = Carriers.of(predictor, junction, window, eta)
    if carriers is not None:
        found: Doubles = carriers.log10_conductances(wanted, temperature)[0]
        return found
    [record] = predictor.predict([junction], np.unique([window[0], *wanted, window[1]]))
    resolved = resolved_record(predictor, record)
    rows = resolved.log10_transmission[None]
    each = [
        log10_conductances_of_grid(resolved.energies, rows, AtEquilibrium(level, temperature))
        for level in wanted.tolist()
    ]
    return np.concatenate(each)


def disordered(
    predictor: Predictor,
    junction: Junction,
    disorder: StaticDisorder,
    draws: tuple[int, int],
    at: AtEquilibrium,
) -> Iterator[Float[Doubles, " n"]]:
    """Yield log10 G in G0 of draws of static disorder, some at a time.

    Each member of an ensemble has its share of the draws, counted from its own conductance and set
    upon the mean of all: so the spread is that of the disorder alone.

    Parameters
    ----------
    predictor, junction
        Who is asked, and of what; it must know a Hamiltonian of one orbital per base.
    disorder
        What is drawn.
    draws
        Number of draws, and seed of their random numbers.
    at
        The contacts.

    Raises
    ------
    UsageError
        If there is no such Hamiltonian.
    """
    members = predictor.members if isinstance(predictor, MembersPredictor) else (predictor,)
    samples, seed = draws
    ladders = [one.ladder(junction) for one in members]
    clean = [float(linear_response(one, *at).log10_conductance_quanta[0, 0, 0]) for one in ladders]
    for number, ladder in enumerate(ladders):
        own = samples // len(ladders) + (number < samples % len(ladders))
        shift = float(np.mean(clean)) - clean[number] if len(clean) > 1 else 0.0
        for some in disordered_conductance(
            ladder, junction.duplex, disorder, own, seed + number, at
        ):
            yield some + shift


def _from_grid(
    predictor: Predictor, junction: Junction, levels: Doubles, temperature: float
) -> Doubles:
    """log10 T on the grid of a model."""
    if temperature > 0.0:
        raise UsageError(
            f"{predictor.name} knows T at the energies of its grid only, and no conductance at "
            f"{temperature:g} K",
            "Ask for T at the Fermi energy with --temperature 0.",
        )
    [record] = predictor.predict([junction])
    low, high = record.energies[[0, -1]].tolist()
    for level in levels.tolist():
        if not low <= level <= high:
            raise UsageError(
                f"a Fermi energy of {level:g} eV lies outside the energies of {predictor.name}, "
                f"from {low:g} to {high:g} eV",
                "Choose another --fermi_energy, or a smaller --fermi_range.",
            )
    values = record.log10_transmission[None]
    return np.array([interpolated(record.energies, values, one)[0] for one in levels.tolist()])
