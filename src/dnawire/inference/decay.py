r"""How a conductance falls off with length: the law that the values support, and its constants.

Three laws of ln G against the length L in base pairs are fitted by least squares:

- exponential, :math:`G = A e^{-\beta L}`, tunneling;
- ohmic, :math:`1 / G = R (1 + r L)`, incoherent hopping at constant resistance of a base pair;
- a crossover, two exponentials: tunneling, then one of at most half the slope.

Another law than the first is taken only if its Bayesian information criterion (Schwarz,
doi:10.1214/aos/1176344136) is lower by 10, which counts as very strong evidence (Kass and Raftery,
doi:10.1080/01621459.1995.10476572), and three more values are there than it has parameters. Where
neither the first law nor the second has that evidence, the values do not tell which holds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

Doubles = NDArray[np.float64]
Law = Literal["exponential", "ohmic", "crossover"]

FEWEST: Final = 3
"""Lengths that a line needs, to have a standard error."""

EVIDENCE: Final = 10.0
"""Difference of the criterion from which on the law with more parameters is taken."""

FREEDOM: Final = 3
"""Values beyond its parameters that a law needs to be told from another one."""

WEAK: Final = 0.5
"""Largest slope after a crossover, in units of that before it."""

_NEGLIGIBLE: Final = 1e-3
"""Deviations of ln G that prove nothing: without noise every curvature would be significant."""
_PARAMETERS: Final = {"exponential": 3, "ohmic": 3, "crossover": 6}
"""Those of the law, the number of values before the crossover, and the variance."""
_LARGEST_RATIO: Final = 1e6


@dataclass(frozen=True)
class Exponential:
    """ln G = intercept - beta L over some lengths."""

    beta: float
    """Per base pair."""
    standard_error: float
    """Of beta, per base pair."""
    intercept: float
    """ln G at L = 0."""
    first: int
    """Shortest length, base pairs."""
    last: int
    """Longest length, base pairs."""

    def log10_at(self, lengths: NDArray[np.float64]) -> Doubles:
        """log10 G of some lengths."""
        found: Doubles = (self.intercept - self.beta * lengths) / math.log(10.0)
        return found


@dataclass(frozen=True)
class Ohmic:
    """1 / G = resistance (1 + ratio L)."""

    log_resistance: float
    """ln of that at L = 0, in the inverse unit of G: it may be larger than any number."""
    ratio: float
    """Resistance of a base pair in units of that."""

    @property
    def log10_each(self) -> float:
        """log10 of the resistance of a base pair, in the inverse unit of G."""
        return self.log_resistance / math.log(10.0) + math.log10(self.ratio)

    def log10_at(self, lengths: NDArray[np.float64]) -> Doubles:
        """log10 G of some lengths."""
        found: Doubles = -(self.log_resistance + np.log1p(self.ratio * lengths)) / math.log(10.0)
        return found


@dataclass(frozen=True)
class Decay:
    """The law of a series."""

    law: Law
    """The one that the values support."""
    tunneling: Exponential
    """Fit of all lengths, or of those before the crossover."""
    beyond: Exponential | None
    """Fit of the lengths after the crossover, if there is one."""
    ohmic: Ohmic
    """Fit of all lengths by an ohmic law."""
    criteria: dict[Law, float]
    """Bayesian information criterion by law; a law is missing that is not possible, or has too
    many parameters for the values."""

    @property
    def is_told(self) -> bool:
        """Whether the values tell the law: neither tunneling nor the ohmic one would do as well."""
        if self.law == "crossover":
            return True
        ohmic = self.criteria.get("ohmic")
        return ohmic is not None and abs(ohmic - self.criteria["exponential"]) >= EVIDENCE

    @property
    def crossover(self) -> float | None:
        """Length in base pairs at which both exponentials are equal; None without a crossover."""
        if self.beyond is None:
            return None
        return _meeting(self.tunneling, self.beyond)

    @property
    def is_decaying(self) -> bool:
        """Whether beta is above zero by more than twice its standard error."""
        return self.tunneling.beta > 2.0 * self.tunneling.standard_error


def fit_decay(lengths: NDArray[np.int64], log10_values: Float[Doubles, " n"]) -> Decay | None:
    """Fit the decay of a conductance, or of T, with the length.

    Parameters
    ----------
    lengths
        In base pairs, (n,), increasing.
    log10_values
        log10 of the values, (n,); those that are not finite are left out.

    Returns
    -------
    Decay or None
        None if fewer than `FEWEST` values are finite.
    """
    known = np.isfinite(log10_values)
    x, y = lengths[known].astype(np.float64), math.log(10.0) * log10_values[known]
    if len(x) < FEWEST:
        return None
    whole, squares = _line(x, y)
    ohmic, ohmic_squares = _ohmic(x, y)
    remaining: dict[Law, float] = {"exponential": squares, "ohmic": ohmic_squares}
    parts = _crossover(x, y)
    if parts is not None:
        remaining["crossover"] = parts[2]
    criteria = {
        one: _criterion(one, len(x), left)
        for one, left in remaining.items()
        if one == "exponential" or len(x) >= _PARAMETERS[one] + FREEDOM
    }
    law: Law = "exponential"
    for other in criteria:
        if criteria[other] <= criteria[law] - EVIDENCE:
            law = other
    if law == "crossover" and parts is not None:
        return Decay(law, parts[0], parts[1], ohmic, criteria)
    return Decay(law, whole, None, ohmic, criteria)


def _criterion(law: Law, number: int, squares: float) -> float:
    variance = max(squares / number, _NEGLIGIBLE**2)
    return number * math.log(variance) + _PARAMETERS[law] * math.log(number)


def _line(x: Doubles, y: Doubles) -> tuple[Exponential, float]:
    """Least squares, and the sum of squares that remains."""
    middle = x.mean()
    spread = ((x - middle) ** 2).sum()
    slope = ((x - middle) * y).sum() / spread
    intercept = y.mean() - slope * middle
    squares = float(((y - intercept - slope * x) ** 2).sum())
    error = math.sqrt(squares / (len(x) - 2) / spread)
    line = Exponential(-float(slope), error, float(intercept), int(x[0]), int(x[-1]))
    return line, squares


def _ohmic(x: Doubles, y: Doubles) -> tuple[Ohmic, float]:
    def deviations(log_ratio: float) -> Doubles:
        found: Doubles = y + np.log1p(math.exp(log_ratio) * x)
        return found

    def squares(log_ratio: float) -> float:
        return float(deviations(log_ratio).var()) * len(x)

    bound = math.log(_LARGEST_RATIO)
    best = float(minimize_scalar(squares, bounds=(-bound, bound), method="bounded").x)
    return Ohmic(-float(deviations(best).mean()), math.exp(best)), squares(best)


def _crossover(x: Doubles, y: Doubles) -> tuple[Exponential, Exponential, float] | None:
    """The two lines that leave the least, and what they leave; None if no two make a crossover."""
    best = None
    for split in range(FEWEST, len(x) - FEWEST + 1):
        (first, before), (second, after) = _line(x[:split], y[:split]), _line(x[split:], y[split:])
        is_weak = first.beta > 0.0 and second.beta <= WEAK * first.beta
        if not is_weak or not x[0] < _meeting(first, second) < x[-1]:
            continue
        if best is None or before + after < best[2]:
            best = first, second, before + after
    return best


def _meeting(first: Exponential, second: Exponential) -> float:
    return (first.intercept - second.intercept) / (first.beta - second.beta)
