"""Static disorder: many draws of a Hamiltonian, and what their spread does to an observable."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import ArrayLike, NDArray

from dnawire.errors import UsageError
from dnawire.transport.junctions import BlockJunctions

Doubles = NDArray[np.float64]

Distribution: TypeAlias = Literal["gaussian", "uniform"]

_DISTRIBUTIONS: Final = ("gaussian", "uniform")
_ERF: Final = np.frompyfunc(math.erf, 1, 1)


@dataclass(frozen=True, kw_only=True)
class StaticDisorder:
    """Random changes of a Hamiltonian that last longer than a carrier takes.

    Parameters
    ----------
    onsite
        Standard deviation of every on-site energy in eV.
    hopping
        Standard deviation of every hopping relative to its value; what does not couple stays so.
    distribution
        ``"gaussian"``, or ``"uniform"`` between plus and minus sqrt(3) standard deviations.
    correlation_length
        Base pairs (blocks) over which changes along the strand are alike: their correlation is
        exp(-distance / length) for Gaussian changes, and (6 / pi) asin of half of that for uniform
        ones. At 0 each is independent. Strands, and different hoppings of a step, always are.

    Raises
    ------
    UsageError
        If a number is negative or not finite, or the distribution is unknown.
    """

    onsite: float
    hopping: float
    distribution: Distribution
    correlation_length: float

    def __post_init__(self) -> None:
        for name in ("onsite", "hopping", "correlation_length"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0.0):
                raise UsageError(
                    f"the {name} of static disorder is {value}.", "give a finite number from 0 on."
                )
        if self.distribution not in _DISTRIBUTIONS:
            raise UsageError(
                f"the distribution {self.distribution!r} of static disorder is unknown.",
                f"give one of {', '.join(_DISTRIBUTIONS)}.",
            )

    def draw(
        self, junctions: BlockJunctions, samples: int, generator: np.random.Generator
    ) -> BlockJunctions:
        """Draw junctions with disorder from one without, whose contacts stay as they are.

        Parameters
        ----------
        junctions
            One junction.
        samples
            Number of draws.
        generator
            Source of the random numbers; the same one in the same state gives the same draws.

        Returns
        -------
        BlockJunctions
            ``samples`` junctions.

        Raises
        ------
        UsageError
            If there is not one junction, or no sample is asked for.
        """
        if len(junctions) != 1 or samples < 1:
            raise UsageError(
                f"{samples} samples of {len(junctions)} junctions are asked for.",
                "draw at least one sample, of one junction at a time.",
            )
        system = junctions.system
        _, length, size = system.present.shape
        diagonal = np.repeat(0.5 * (system.diagonal + system.diagonal.swapaxes(-1, -2)), samples, 0)
        step = np.repeat(system.step, samples, 0)
        rows, columns = np.triu_indices(size, 1)
        own = np.arange(size)
        onsite = self.onsite * self._changes(generator, (samples, length, size))
        diagonal[..., own, own] += np.where(system.present, onsite, 0.0)
        if self.hopping > 0.0:
            inner = 1.0 + self.hopping * self._changes(generator, (samples, length, len(rows)))
            diagonal[..., rows, columns] *= inner
            diagonal[..., columns, rows] *= inner
            flat = self._changes(generator, (samples, length - 1, size * size))
            step *= 1.0 + self.hopping * flat.reshape(step.shape)
        return BlockJunctions.of(
            diagonal,
            step,
            junctions.gamma_left[0],
            junctions.gamma_right[0],
            mask=system.present[0],
        )

    def _changes(self, generator: np.random.Generator, shape: tuple[int, int, int]) -> Doubles:
        """Random numbers of mean 0 and variance 1, correlated along the second axis."""
        root = math.sqrt(3.0)
        if self.correlation_length == 0.0 and self.distribution == "uniform":
            return generator.uniform(-root, root, shape)
        found = generator.standard_normal(shape)
        if self.correlation_length > 0.0:
            alike = math.exp(-1.0 / self.correlation_length)
            fresh = math.sqrt(-math.expm1(-2.0 / self.correlation_length))
            for n in range(1, shape[1]):
                found[:, n] = alike * found[:, n - 1] + fresh * found[:, n]
        if self.distribution == "uniform":
            return root * np.asarray(_ERF(found / math.sqrt(2.0)), np.float64)
        return found


@dataclass(frozen=True, eq=False)
class LogStatistics:
    """Statistics of a positive observable that varies over decades, such as G or T.

    Parameters
    ----------
    log10_values
        log10 of the observable, (samples, ...); minus infinity where it vanishes.
    """

    log10_values: Float[Doubles, " S *shape"]

    def mean(self) -> Float[Doubles, "*shape"]:
        """Arithmetic mean of the observable: what many molecules side by side conduct."""
        found: Doubles = (10.0**self.log10_values).mean(0)
        return found

    def geometric_mean(self) -> Float[Doubles, "*shape"]:
        """10 to the mean of log10: the typical value. Zero if one sample vanishes."""
        found: Doubles = 10.0 ** self.log10_values.mean(0)
        return found

    def log10_deviation(self) -> Float[Doubles, "*shape"]:
        """Standard deviation of log10 in decades (of the samples, not of their mean).

        NaN where a sample vanishes, and of one sample.
        """
        values = np.asarray(self.log10_values)
        known = np.isfinite(values).all(0) & (len(values) > 1)
        found = np.where(known, values, 0.0).std(0, ddof=min(1, len(values) - 1))
        return np.where(known, found, np.nan)

    @property
    def num_vanishing(self) -> Int[NDArray[np.int64], "*shape"]:
        """Number of the samples that vanish."""
        return np.asarray(np.isneginf(self.log10_values).sum(0))

    def quantiles(self, probabilities: ArrayLike) -> Float[Doubles, " P *shape"]:
        """Quantiles of the observable; linear between samples in log10, zero next to zero.

        Parameters
        ----------
        probabilities
            Between 0 and 1, (P,).

        Raises
        ------
        ValueError
            If one is not.
        """
        shares = np.asarray(probabilities, float)
        below = np.quantile(self.log10_values, shares, axis=0, method="lower")
        with np.errstate(invalid="ignore"):
            between = np.quantile(self.log10_values, shares, axis=0)
        found: Doubles = 10.0 ** np.where(np.isneginf(below), below, between)
        return found

    def histogram(
        self, edges: Float[Doubles, " n+1"]
    ) -> tuple[Float[Doubles, " n *shape"], Float[Doubles, " *shape"]]:
        """Histogram of log10.

        Parameters
        ----------
        edges
            Increasing edges of the bins in decades.

        Returns
        -------
        tuple
            Share of the samples in each bin, and in none of them.

        Raises
        ------
        ValueError
            If the edges do not increase.
        """
        flat = self.log10_values.reshape(len(self.log10_values), -1)
        counts = np.stack([np.histogram(column, edges)[0] for column in flat.T], 1)
        shares = (counts / len(flat)).reshape(-1, *self.log10_values.shape[1:])
        return shares, 1.0 - shares.sum(0)
