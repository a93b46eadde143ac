"""``dnawire.uncertainty``: the sources of uncertainty of a conductance, told apart."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple, Self, Unpack

import numpy as np
from numpy.typing import NDArray

from dnawire.api.keywords import keyword_parameters, takes
from dnawire.api.model import Model, load
from dnawire.api.observation import Column, Observation, Page, numbers_of, page_name
from dnawire.api.result_names import RESULT_NAMES
from dnawire.api.uncertainty_question import UncertaintyKeywords, UncertaintyQuestion
from dnawire.api.wanted import DuplexLike, Wanted
from dnawire.errors import UsageError
from dnawire.inference import (
    SAMPLES_AT_ONCE,
    AtEquilibrium,
    CoherentRemarks,
    Remark,
    Source,
    at_levels,
    carrier_window,
    check_zeros,
    disordered,
    spread_of,
)
from dnawire.junction import Contact, Junction
from dnawire.predictors import MembersPredictor, Predictor
from dnawire.transport import StaticDisorder

if TYPE_CHECKING:
    from dnawire.plots import Table

_CONDUCTANCE: Final = "log$_{10}$ conductance (G$_0$)"
_TRANSMISSION: Final = "log$_{10}$ T(E$_F$)"
_LEVELS: Final = 101
"""Fermi energies within a range."""


class Sources(NamedTuple):
    """What is uncertain of the conductance of one junction."""

    central: float
    """log10 G in G0 that the model says, the mean of members."""
    sources: tuple[Source, ...]
    """Each alone, the rest as the model says."""


class Uncertainty(Observation[UncertaintyQuestion, Sources]):
    """Sources of uncertainty of the conductance of some junctions, each alone."""

    below: ClassVar[str] = "uncertainty"
    members: ClassVar[re.Pattern[str]] = RESULT_NAMES[below]
    title: ClassVar[str] = "Sources of uncertainty"

    def __init__(
        self,
        predictor: Predictor,
        question: UncertaintyQuestion,
        junctions: list[Junction],
        contacts: tuple[Contact, Contact] | None,
    ) -> None:
        super().__init__(predictor, question, junctions, contacts)
        self._others: list[Predictor] = []
        self._zeros: tuple[float, ...] = (0.0,)

    @classmethod
    def prepared(
        cls,
        found: Sequence[Wanted] | Sequence[Junction],
        predictor: Predictor,
        device: str,
        question: UncertaintyQuestion,
    ) -> Self:
        """Load the other models, and check what is asked; see `Observation.prepared`.

        Raises
        ------
        DnawireError
            A contact is impossible, there is no such model, or nothing is uncertain.
        """
        made = super().prepared(found, predictor, device, question)
        made._others = [load(one, device).predictor for one in question.sets]
        made._zeros = check_zeros([predictor, *made._others], question.zeros)
        if not (
            made._others
            or question.fermi_range
            or made._draws
            or isinstance(predictor, MembersPredictor)
            or any(predictor.certificate(one.duplex) is not None for one in made.junctions)
        ):
            raise UsageError(
                f"nothing is uncertain: {predictor.name} is one model without an error bar",
                "Give --fermi_range, --onsite, --hopping or --sets, or ask an ensemble.",
            )
        return made

    @property
    def num_steps(self) -> int:
        """Number of `steps`."""
        draws = 0
        if self._draws:
            size = self.question.samples // self._num_members
            more = self.question.samples % self._num_members
            per = [size + (number < more) for number in range(self._num_members)]
            draws = sum(-(-one // SAMPLES_AT_ONCE) for one in per)
        return len(self.junctions) * (1 + draws)

    def steps(self) -> Iterator[None]:
        """Ask for all but the disorder of a junction, then draw some hundred times."""
        asked = self.question
        for junction in self.junctions:
            central = float(self._at(self.predictor, junction, [self._level])[0])
            sources = list(self._sources(junction, central))
            yield
            if self._draws:
                drawn = []
                for some in disordered(
                    self.predictor,
                    junction,
                    self._disorder,
                    (asked.samples, asked.seed),
                    AtEquilibrium(self._level, asked.temperature),
                ):
                    drawn.append(some)
                    yield
                sources.append(Source("static disorder", np.concatenate(drawn)))
            self.answers.append(Sources(central, tuple(sources)))
            self.remarks.append(self._said_of(junction))

    def log10_values(self, source: str) -> list[NDArray[np.float64]]:
        """log10 G in G0 that one source makes possible, for each junction; see `rows` for names.

        Raises
        ------
        UsageError
            If there is no such source.
        """
        names = [one.name for one in self.answers[0].sources]
        if source not in names:
            raise UsageError(f"{source!r} is no source", f"Choose one of {', '.join(names)}.")
        return [
            one.log10_values for each in self.answers for one in each.sources if one.name == source
        ]

    @property
    def conditions(self) -> list[str]:
        """Lines that say for what was asked."""
        asked = self.question
        what = "T(E_F)" if self._is_cold else "conductance"
        lines = [
            f"{what:<13} at {asked.temperature:g} K, E_F = {asked.level:g} eV{self._counted}, "
            f"eta {self._eta:g} eV"
        ]
        if asked.fermi_range:
            lines.append(f"Fermi level   known to +-{asked.fermi_range:g} eV, {_LEVELS} levels")
        if self._others:
            lines.append(f"sets          {', '.join(one.name for one in self._others)}")
        if self._draws:
            lines.append(f"disorder      {self._said_of_disorder}")
        return lines

    def columns(self) -> list[Column]:
        """A row for each source of each junction."""
        asked = self.question
        rows = [(row, answer, source) for row, answer in enumerate(self.answers)
                for source in answer.sources]  # fmt: skip
        sources = [source for *_, source in rows]
        told = (
            ("fermi_energy", "eV", asked.level),
            ("fermi_range", "eV", asked.fermi_range),
            ("temperature", "K", asked.temperature),
            ("eta", "eV", self._eta),
            *asked.told_of_disorder,
            ("seed", "", asked.seed),
        )
        central = [answer.central for _, answer, _ in rows]
        head, name = ("log10 T" if self._is_cold else "log10 G"), self._value_name
        ends = [one.ends for one in sources]
        numbers = (
            (f"model {head}", name, ".3f", central),
            ("mean", "source_mean", ".3f", [one.mean for one in sources]),
            ("from", "source_low", ".3f", [low for low, _ in ends]),
            ("to", "source_high", ".3f", [high for _, high in ends]),
        )
        deviations = [one.deviation for one in sources]
        return [
            numbers_of(row for row, *_ in rows),
            Column("source", "source", "", "", [one.name for one in sources]),
            Column("values", "values", "", "", [len(one.log10_values) for one in sources]),
            *(Column(head, name, "", form, values) for head, name, form, values in numbers),
            Column("range", "range", "", "", [one.range_kind for one in sources]),
            Column("std (decades)", "deviation", "decades", ".3f", deviations),
            *(Column("", name, unit, "", [value] * len(rows)) for name, unit, value in told),
        ]

    def table(self) -> Table:
        """A row for each source of each junction."""
        return self.summary()

    def extra_tables(self) -> dict[str, Table]:
        """All values of all sources."""
        sources = [one for answer in self.answers for one in answer.sources]
        sizes = [len(one.log10_values) for one in sources]
        of_junctions = [sum(len(one.log10_values) for one in answer.sources)
                        for answer in self.answers]  # fmt: skip
        return {
            "samples.csv": {
                **self._repeated(of_junctions),
                "source": ("", np.repeat([one.name for one in sources], sizes)),
                self._value_name: ("", np.concatenate([one.log10_values for one in sources])),
            }
        }

    def pages(self) -> Iterator[Page]:
        """A figure of each junction."""
        from dnawire.plots import Spreads, uncertainty_figure

        asked = self.question
        zeros = ", ".join(f"{one:g}" for one in self._zeros)
        footer = self._footer(
            *([f"E_F from {zeros} eV of each model"] if any(self._zeros) else []),
            *([f"E_F known to ±{asked.fermi_range:g} eV"] if asked.fermi_range else []),
            *([self._said_of_disorder] if self._draws else []),
            "bars: all of few values, 5 to 95 % of many",
            thermal=(asked.level, asked.temperature),
        )
        label = _TRANSMISSION if self._is_cold else _CONDUCTANCE
        for number, (junction, answer) in enumerate(
            zip(self.junctions, self.answers, strict=True), start=1
        ):
            figure = uncertainty_figure(
                junction.duplex,
                answer.central,
                [Spreads(one.name, one.log10_values, one.ends, one.deviation)
                 for one in answer.sources],
                f"{self.title} by {self.predictor.name}",
                footer,
                label=label,
            )  # fmt: skip
            name = "" if len(self) == 1 else page_name(number, junction.duplex)
            sources = answer.sources
            table: dict[str, tuple[str, Any]] = {
                "source": ("", [one.name for one in sources]),
                "low": ("decades", [one.ends[0] for one in sources]),
                "high": ("decades", [one.ends[1] for one in sources]),
                "deviation": ("decades", [one.deviation for one in sources]),
            }
            yield Page(name, figure, table)

    def _sources(self, junction: Junction, central: float) -> Iterator[Source]:
        """All sources but the disorder."""
        predictor, asked = self.predictor, self.question
        if isinstance(predictor, MembersPredictor):
            each = [self._at(one, junction, [self._level]) for one in predictor.members]
            yield Source("seeds", np.concatenate(each))
            yield from self._interval(predictor, junction)
        if self._others:
            pairs = zip(self._others, self._zeros[1:], strict=True)
            found = [self._at(one, junction, [asked.level + zero]) for one, zero in pairs]
            yield Source("parameter sets", np.concatenate([[central], *found]))
        if asked.fermi_range:
            yield Source("Fermi level", self._within(junction, asked.fermi_range))
        certificate = predictor.certificate(junction.duplex)
        if certificate is not None and math.isfinite(certificate) and certificate > 0.0:
            yield Source("certificate", self._within(junction, 1e-3 * certificate))

    def _interval(self, predictor: MembersPredictor, junction: Junction) -> Iterator[Source]:
        """Ends of the calibrated interval, which is one of T."""
        if predictor.calibration is None or self.question.temperature > 0.0:
            return
        energies = None if not predictor.knows_all_energies else np.array([self._level])
        [record] = predictor.predict([junction], energies)
        spread = spread_of(predictor, record)
        assert spread is not None
        if len(record.energies) == 1:
            assert spread.bands is not None
            low, high = (float(one[0]) for one in spread.bands["log10_transmission"])
        else:
            interval = spread.interval_at(self._level)
            assert interval is not None
            low, high = interval
        yield Source("calibrated model", np.array([low, high]), predictor.calibration.coverage)

    def _said_of(self, junction: Junction) -> tuple[Remark, ...]:
        """What is said of the prediction of a junction."""
        at = AtEquilibrium(self._level, self.question.temperature)
        window = carrier_window(np.array([at.fermi_energy]), at.temperature)
        remarks = CoherentRemarks(self.predictor, junction, window, self._eta)
        return remarks.general + remarks.at(at)

    def _within(self, junction: Junction, distance: float) -> NDArray[np.float64]:
        """log10 G at Fermi energies within a distance in eV."""
        levels = self._level + np.linspace(-distance, distance, _LEVELS)
        return self._at(self.predictor, junction, levels.tolist())

    def _at(
        self, predictor: Predictor, junction: Junction, levels: list[float]
    ) -> NDArray[np.float64]:
        return at_levels(predictor, junction, levels, self.question.temperature)

    @property
    def _zero(self) -> float:
        return self._zeros[0]

    @property
    def _is_cold(self) -> bool:
        """Whether it is T(E_F), and no conductance, that is asked for."""
        return self.question.temperature == 0.0

    @property
    def _value_name(self) -> str:
        return "log10_transmission" if self._is_cold else "log10_conductance_quanta"

    @property
    def _level(self) -> float:
        """Fermi energy in eV on the scale of the model."""
        return self.question.level + self._zeros[0]

    @property
    def _num_members(self) -> int:
        return len(self.predictor.members) if isinstance(self.predictor, MembersPredictor) else 1

    @property
    def _draws(self) -> bool:
        return bool(self.question.onsite or self.question.hopping)

    @property
    def _disorder(self) -> StaticDisorder:
        asked = self.question
        return StaticDisorder(
            onsite=asked.onsite,
            hopping=asked.hopping,
            distribution=asked.distribution,
            correlation_length=asked.correlation_length,
        )

    @property
    def _eta(self) -> float:
        """That of the training, at which the model is asked."""
        return self.predictor.conditions.eta

    @property
    def _counted(self) -> str:
        zeros = ", ".join(f"{one:g}" for one in self._zeros)
        return f" from {zeros} eV" if any(self._zeros) else ""

    @property
    def _said_of_disorder(self) -> str:
        asked = self.question
        return f"{asked.said_of_disorder}, {asked.samples} samples, seed {asked.seed}"


@takes(keyword_parameters(UncertaintyKeywords, UncertaintyQuestion))
def uncertainty(
    sequences: DuplexLike | Iterable[DuplexLike] | Path,
    model: Model | Path | str,
    *,
    device: str = "auto",
    **keywords: Unpack[UncertaintyKeywords],
) -> Uncertainty:
    """Tell the sources of uncertainty of a conductance apart. Nothing is written to disk.

    Parameters
    ----------
    sequences
        One or many; see `dnawire.predict`.
    model
        See `dnawire.load`. Members of an ensemble tell what the seeds of a training do.
    device
        Where the network of a trained model computes: auto, cpu, cuda or cuda:NUMBER.
    **keywords
        ``fermi_energy`` in eV, which must be given, known to ``fermi_range``; ``temperature`` in K,
        at 0 of which T(E_F) is asked for, which every model knows. ``sets``: other models or
        parameter sets; ``zeros``: energies of the model and of each of them from which the Fermi
        energy counts. ``onsite`` (eV), ``hopping`` (relative), ``correlation_length``,
        ``distribution``, ``samples`` and ``seed`` of static disorder, for models with a Hamiltonian
        of one orbital per base. Contacts as in `dnawire.predict`.

    Returns
    -------
    Uncertainty
        Values of each source, for each sequence.

    Raises
    ------
    DnawireError
        A sequence, contact, value or keyword is impossible, the model cannot be used, or nothing is
        uncertain.
    """
    return Uncertainty.of(sequences, model, device, UncertaintyQuestion.of(keywords))
