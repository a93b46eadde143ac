"""``dnawire.disorder``: distribution of the conductance over static disorder."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple, Unpack

import numpy as np
from numpy.typing import NDArray

from dnawire.api.keywords import keyword_parameters, takes
from dnawire.api.model import Model
from dnawire.api.observation import (
    Column,
    Observation,
    Page,
    in_pages,
    numbers_of,
)
from dnawire.api.questions import DisorderKeywords, DisorderQuestion
from dnawire.api.result_names import RESULT_NAMES
from dnawire.api.wanted import DuplexLike
from dnawire.constants import CONDUCTANCE_QUANTUM
from dnawire.inference import (
    SAMPLES_AT_ONCE,
    AtEquilibrium,
    clean_conductance,
    disordered_conductance,
)
from dnawire.transport import LogStatistics, StaticDisorder

if TYPE_CHECKING:
    from dnawire.plots import Table

_QUANTILES: Final = (0.05, 0.25, 0.5, 0.75, 0.95)


class DisorderedConductance(NamedTuple):
    """Conductance of one junction, as it is and of draws."""

    clean: float
    """log10 G in G0 without disorder."""
    ensemble: LogStatistics
    """log10 G in G0 of all draws."""


class DisorderEnsemble(Observation[DisorderQuestion, DisorderedConductance]):
    """Conductance of some junctions with static disorder, the rows of its arrays."""

    below: ClassVar[str] = "disorder"
    members: ClassVar[re.Pattern[str]] = RESULT_NAMES[below]
    title: ClassVar[str] = "Static disorder"

    @property
    def log10_conductance_quanta(self) -> NDArray[np.float64]:
        """log10 G in G0 = 2e^2/h of all draws, (junctions, samples); -inf where nothing flows."""
        return np.stack([one.ensemble.log10_values for one in self.answers])

    @property
    def clean_quanta(self) -> NDArray[np.float64]:
        """G in G0 without disorder, (junctions,)."""
        return 10.0 ** np.array([one.clean for one in self.answers])

    @property
    def mean_quanta(self) -> NDArray[np.float64]:
        """Mean of G in G0, (junctions,): what many molecules side by side conduct, for each."""
        return np.array([one.ensemble.mean() for one in self.answers])

    @property
    def geometric_mean_quanta(self) -> NDArray[np.float64]:
        """Geometric mean of G in G0, (junctions,): the typical value."""
        return np.array([one.ensemble.geometric_mean() for one in self.answers])

    @property
    def log10_deviation(self) -> NDArray[np.float64]:
        """Standard deviation of log10 G in decades, (junctions,)."""
        return np.array([one.ensemble.log10_deviation() for one in self.answers])

    def quantiles(self, probabilities: Iterable[float]) -> NDArray[np.float64]:
        """Quantiles of G in G0, (junctions, probabilities); linear between draws in log10."""
        wanted = list(probabilities)
        return np.stack([one.ensemble.quantiles(wanted) for one in self.answers])

    @property
    def num_steps(self) -> int:
        """Number of `steps`: some hundred draws each."""
        return len(self.junctions) * -(-self.question.samples // SAMPLES_AT_ONCE)

    def steps(self) -> Iterator[None]:
        """Draw some hundred times, then for the next ones."""
        asked = self.question
        at = AtEquilibrium(asked.level, asked.temperature)
        disorder = StaticDisorder(
            onsite=asked.onsite,
            hopping=asked.hopping,
            distribution=asked.distribution,
            correlation_length=asked.correlation_length,
        )
        for junction in self.junctions:
            ladder = self.predictor.ladder(junction)
            clean, remarks = clean_conductance(self.predictor, junction, at)
            drawn = []
            for some in disordered_conductance(
                ladder, junction.duplex, disorder, asked.samples, asked.seed, at
            ):
                drawn.append(some)
                if len(drawn) * SAMPLES_AT_ONCE >= asked.samples:
                    ensemble = LogStatistics(np.concatenate(drawn))
                    self.answers.append(DisorderedConductance(clean, ensemble))
                    self.remarks.append(remarks)
                yield

    @property
    def conditions(self) -> list[str]:
        """Lines that say for what was asked."""
        asked = self.question
        return [
            f"disorder      {self.question.said_of_disorder}",
            f"samples       {asked.samples}, seed {asked.seed}",
            f"conductance   at {asked.temperature:g} K, E_F = {asked.level:g} eV, eta 0 eV, "
            "coherent",
        ]

    def columns(self) -> list[Column]:
        """Statistics of each junction."""
        asked = self.question
        told = (
            *asked.told_of_disorder,
            ("samples", "", asked.samples),
            ("seed", "", asked.seed),
            ("fermi_energy", "eV", asked.level),
            ("temperature", "K", asked.temperature),
        )
        values = (
            ("without (G0)", "clean_quanta", self.clean_quanta),
            ("mean (G0)", "mean_quanta", self.mean_quanta),
            ("geometric (G0)", "geometric_mean_quanta", self.geometric_mean_quanta),
            *(
                (f"{one:.0%}", f"quantile_{100 * one:.0f}_quanta", self.quantiles([one])[:, 0])
                for one in _QUANTILES
            ),
        )
        geometric = (CONDUCTANCE_QUANTUM * self.geometric_mean_quanta).tolist()
        return [
            numbers_of(range(len(self))),
            *(Column("", name, unit, "", [value] * len(self)) for name, unit, value in told),
            *(Column(head, name, "", ".2e", array.tolist()) for head, name, array in values),
            Column("geometric (S)", "geometric_mean", "S", ".2e", geometric),
            Column(
                "std log10 G",
                "log10_deviation",
                "decades",
                ".2f",
                self.log10_deviation.tolist(),
            ),
        ]

    def table(self) -> Table:
        """Statistics of each junction."""
        return self.summary()

    def extra_tables(self) -> dict[str, Table]:
        """All draws."""
        samples = self.question.samples
        return {
            "samples.csv": {
                **self._repeated(samples),
                "sample": ("", np.tile(np.arange(1, samples + 1), len(self))),
                "log10_conductance_quanta": ("", self.log10_conductance_quanta.ravel()),
            }
        }

    @property
    def edges(self) -> NDArray[np.float64]:
        """Edges of the bins in decades, (bins + 1,), which hold all draws that conduct.

        By the rule of Rice there are twice as many bins as the cube root of the samples.
        """
        found = self.log10_conductance_quanta
        conducting = found[np.isfinite(found)]
        low, high = (conducting.min(), conducting.max()) if conducting.size else (-1.0, 0.0)
        bins = math.ceil(2.0 * self.question.samples ** (1.0 / 3.0))
        return np.linspace(low, max(high, low + 1e-3), bins + 1)

    @property
    def histogram(self) -> NDArray[np.float64]:
        """Share of the draws in each bin, (junctions, bins); what is missing conducts nothing."""
        return np.stack([one.ensemble.histogram(self.edges)[0] for one in self.answers])

    def pages(self) -> Iterator[Page]:
        """Histograms of some junctions on each."""
        from dnawire.plots import disorder_figure

        asked = self.question
        footer = self._footer(
            self.question.said_of_disorder,
            f"{asked.samples} samples, seed {asked.seed}",
            thermal=(asked.level, asked.temperature),
        )
        for name, part in in_pages(self):
            figure = disorder_figure(
                [one.duplex for one in part.junctions],
                (part.edges, part.histogram),
                part.log10_conductance_quanta.mean(1),
                np.array([one.clean for one in part.answers]),
                f"{self.title} by {self.predictor.name}",
                footer,
            )
            bins = len(part.edges) - 1
            table: Table = {
                **part._repeated(bins),
                "bin_start": ("decades", np.tile(part.edges[:-1], len(part))),
                "bin_end": ("decades", np.tile(part.edges[1:], len(part))),
                "share": ("", part.histogram.ravel()),
            }
            yield Page(name, figure, table)


@takes(keyword_parameters(DisorderKeywords, DisorderQuestion))
def disorder(
    sequences: DuplexLike | Iterable[DuplexLike] | Path,
    model: Model | Path | str,
    *,
    device: str = "auto",
    **keywords: Unpack[DisorderKeywords],
) -> DisorderEnsemble:
    """Draw static disorder, and compute how the conductance is distributed.

    Nothing is written to disk.

    Parameters
    ----------
    sequences
        One or many; see `dnawire.predict`.
    model
        See `dnawire.load`: what knows a Hamiltonian of one orbital per base.
    device
        Where the network of a trained model computes: auto, cpu, cuda or cuda:NUMBER.
    **keywords
        ``fermi_energy`` in eV, which must be given, and ``temperature`` in K. ``onsite`` (eV) and
        ``hopping`` (relative): standard deviations. ``correlation_length`` in base pairs.
        ``distribution``: gaussian or uniform. ``samples`` and ``seed``. Contacts as in
        `dnawire.predict`.

    Returns
    -------
    DisorderEnsemble
        Draws and statistics, a row for each sequence.

    Raises
    ------
    DnawireError
        A sequence, contact, value or keyword is impossible, or the model cannot be used.
    """
    return DisorderEnsemble.of(sequences, model, device, DisorderQuestion.of(keywords))
