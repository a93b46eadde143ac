"""What `dnawire.series` gives: conductance against length, and the law of its decay."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from dnawire.api.conditions import AskedConditions, Setup
from dnawire.api.question import question_at_fermi_energy
from dnawire.api.result import Result
from dnawire.api.result_names import RESULT_NAMES
from dnawire.api.series_family import lengths_of
from dnawire.api.series_options import SeriesOptions
from dnawire.errors import UsageError
from dnawire.inference import (
    CONDUCTANCE,
    FEWEST,
    TRANSMISSION,
    Answer,
    Decay,
    Exponential,
    Family,
    GivenFamily,
    Question,
    answer_each,
    answer_probed,
    as_probed,
    check_question,
    fit_decay,
    knows_conductance,
    status,
)
from dnawire.junction import Junction
from dnawire.structures import load_helix

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from dnawire.junction import Duplex
    from dnawire.plots import Measured, Table
    from dnawire.predictors import Predictor

_NAMES: Final = {CONDUCTANCE: "G", TRANSMISSION: "T(E_F)"}
_HEADS: Final = {CONDUCTANCE: "log10 G/G0", TRANSMISSION: "log10 T(E_F)"}


class Series(Result):
    """Conductance and T(E_F) of one family against its length, and the law that they follow.

    It prints as a table, and shows itself in a notebook.

    Parameters
    ----------
    family
        The sequences.
    options
        Their lengths, and the probes.
    question
        What is asked of each.
    setup
        Who is asked.

    Attributes
    ----------
    lengths
        Base pairs, (n,), increasing.
    rise
        Length of a base pair in Angstrom, that of ideal B-DNA.
    """

    below = "series"
    members = RESULT_NAMES["series"]
    unit = "lengths"

    def __init__(
        self,
        family: Family | GivenFamily,
        options: SeriesOptions,
        question: Question,
        setup: Setup,
    ) -> None:
        self.lengths: NDArray[np.int64] = np.array(lengths_of(family, options))
        self.rise: float = load_helix().rise
        self._family = family
        self._options = options
        self._question = question
        self._setup = setup
        self._duplexes = [family.member(length) for length in self.lengths.tolist()]
        self._answers: list[Answer] = []

    @classmethod
    def prepared(
        cls,
        family: Family | GivenFamily,
        options: SeriesOptions,
        predictor: Predictor,
        asked: AskedConditions,
    ) -> Series:
        """Check all that can be checked before the work.

        Raises
        ------
        DnawireError
            The family has no such members, a contact does not fit one, both are on one base pair,
            there is no Fermi energy, or the predictor cannot be asked for this.
        """
        is_known = options.probe_coupling is not None or knows_conductance(
            predictor, from_grid=asked.conductance_from_grid
        )
        question = question_at_fermi_energy(
            predictor, asked, CONDUCTANCE if is_known else TRANSMISSION
        )
        if options.probe_coupling is not None:
            as_probed(predictor, question.eta)
        setup = asked.setup(predictor, (question.left, question.right))
        series = cls(family, options, question, setup)
        check_question(predictor, series._duplexes, question)
        longest = Junction(series._duplexes[-1], question.left, question.right)
        if longest.length > 1 and longest.shared_pair is not None:
            raise UsageError(
                f"contacts {question.left.text} and {question.right.text} are both on base pair "
                f"{longest.shared_pair} of {longest.length}: their distance does not grow with the "
                "length",
                "Attach one to each end, e.g. --left_contact upper:0 --right_contact upper:-1, or "
                "--right_contact lower:0, the other end of the other strand.",
            )
        return series

    @property
    def name(self) -> str:
        """Short name of the model."""
        return self._setup.predictor.name

    @property
    def num_steps(self) -> int:
        """How many lengths there are."""
        return len(self.lengths)

    def steps(self) -> Iterator[None]:
        """Answer for one length after the other."""
        for answer in self._found():
            self._answers.append(answer)
            yield

    def _found(self) -> Iterator[Answer]:
        predictor, coupling = self._setup.predictor, self._options.probe_coupling
        if coupling is None:
            return answer_each(predictor, self._duplexes, self._question)
        probed = as_probed(predictor, self._question.eta)
        return answer_probed(probed, self._duplexes, self._question, coupling)

    @property
    def duplexes(self) -> list[Duplex]:
        """The members of the family, by length."""
        return list(self._duplexes)

    @property
    def log10_transmission(self) -> NDArray[np.float64]:
        """log10 T at the Fermi energy, (n,); -inf where T vanishes."""
        return self._column(TRANSMISSION)

    @property
    def log10_conductance(self) -> NDArray[np.float64]:
        """log10 of the conductance in G0, (n,); NaN if the model does not know it."""
        return self._column(CONDUCTANCE)

    @cached_property
    def decays(self) -> dict[str, Decay | None]:
        """Law of each quantity by its name; None where fewer than three values are finite."""
        return {name: fit_decay(self.lengths, self._column(name)) for name in self._quantities}

    @property
    def decay(self) -> Decay | None:
        """Law of the conductance; that of T(E_F) where the conductance is not known."""
        return self.decays[self._quantities[0]]

    @property
    def names(self) -> Mapping[int, str]:
        """Names of records of a file by the lengths of their sequences; empty without any."""
        return self._family.names if isinstance(self._family, GivenFamily) else {}

    @property
    def heading(self) -> list[str]:
        """Lines that say who was asked, and for what."""
        question, coupling = self._question, self._options.probe_coupling
        family, asked = self._family.pattern, ""
        if isinstance(self._family, Family):
            pairs = self._family.unit
            family += f": a unit of {'1 base pair' if pairs == 1 else f'{pairs} base pairs'}"
            asked = f" ({self._options.lengths_of_family})"
        return [
            *self._setup.lines,
            f"E_F           {question.fermi_energy:g} eV, {question.temperature:g} K",
            f"family        {family}",
            f"lengths       {self.num_steps} from {self.lengths[0]} to {self.lengths[-1]} base "
            f"pairs{asked}, rise {self.rise:g} Angstrom",
            "transport     coherent"
            if coupling is None
            else f"transport     voltage probes of {coupling:g} eV on all bases",
        ]

    @property
    def rows(self) -> list[list[str]]:
        """The table that is printed: names of the columns, then a row for each length."""
        names = self._quantities
        head = [
            "length",
            *(["name"] if self.names else []),
            "sequence",
            *(_HEADS[name] for name in names),
            "status",
        ]
        return [head] + [
            [
                str(length),
                *([self.names.get(length, "")] if self.names else []),
                duplex.text,
                *(f"{answer.values[name]:.3f}" for name in names),
                status(answer.remarks),
            ]
            for length, duplex, answer in zip(
                self.lengths.tolist(), self._duplexes, self._answers, strict=True
            )
        ]

    @property
    def lines(self) -> list[str]:
        """The law of each quantity."""
        return [
            f"{'decay of ' + _NAMES[name]:<20}{self._said(name, decay)}"
            for name, decay in self.decays.items()
        ]

    @property
    def warnings(self) -> list[str]:
        """What is not to be trusted, in sentences."""
        found = []
        for name, decay in self.decays.items():
            left_out = int((~np.isfinite(self._column(name))).sum())
            if left_out:
                found.append(f"{left_out} lengths without {_NAMES[name]} are not part of its fit")
            if decay is not None and not decay.is_decaying:
                found.append(
                    f"beta of {_NAMES[name]} is no larger than twice its error: nothing says that "
                    f"{_NAMES[name]} decays over these lengths"
                )
            found += self._doubts(name, decay)
        sentences: dict[str, list[int]] = {}
        for length, answer in zip(self.lengths.tolist(), self._answers, strict=True):
            for remark in answer.remarks:
                sentences.setdefault(remark.word, []).append(length)
        examples = {one.word: one.sentence for each in self._answers for one in each.remarks}
        return found + [
            f"{word} at {len(where)} of {self.num_steps} lengths, e.g. {where[-1]}: "
            f"{examples[word]}"
            for word, where in sentences.items()
        ]

    def table(self) -> Table:
        """A row for each length."""
        columns: dict[str, tuple[str, Any]] = {
            "length": ("base pairs", self.lengths),
        }
        if self.names:
            columns["name"] = ("", [self.names.get(one, "") for one in self.lengths.tolist()])
        columns["sequence"] = ("", [one.text for one in self._duplexes])
        for name in self._quantities:
            columns[name] = ("", self._column(name))
        columns["status"] = ("", [status(one.remarks) for one in self._answers])
        return columns

    def decay_table(self) -> Table:
        """The laws as columns, a row for each quantity; empty cells where there is nothing."""
        names = [name for name, decay in self.decays.items() if decay is not None]
        found = [decay for decay in self.decays.values() if decay is not None]
        tunneling = [one.tunneling for one in found]
        beyond = [one.beyond for one in found]
        return {
            "quantity": ("", names),
            "law": ("", [one.law for one in found]),
            "law_is_told": ("", [one.is_told for one in found]),
            "beta": ("per base pair", [one.beta for one in tunneling]),
            "beta_error": ("per base pair", [one.standard_error for one in tunneling]),
            "beta_of_length": ("1/Angstrom", [one.beta / self.rise for one in tunneling]),
            "beta_of_length_error": (
                "1/Angstrom",
                [one.standard_error / self.rise for one in tunneling],
            ),
            "first_length": ("base pairs", [one.first for one in tunneling]),
            "last_length": ("base pairs", [one.last for one in tunneling]),
            "crossover": ("base pairs", [_or_nan(one.crossover) for one in found]),
            "beta_beyond": ("per base pair", [one.beta if one else math.nan for one in beyond]),
            "beta_beyond_error": (
                "per base pair",
                [one.standard_error if one else math.nan for one in beyond],
            ),
        }

    def plot(self) -> Figure:
        """Figure of the values and their laws."""
        from dnawire.plots import Measured, series_figure

        measured: dict[str, Measured] = {
            name: Measured(self.lengths, self._column(name), self.decays[name])
            for name in self._quantities
        }
        title = f"{self._family.pattern} by {self.name}"
        coupling = self._options.probe_coupling
        probes = "" if coupling is None else f"; probes {coupling:g} eV"
        return series_figure(measured, self.rise, title, self._setup.footer + probes)

    def write(self, folder: Path) -> None:
        """Write the figure with its numbers, and the laws."""
        from dnawire import plots

        plots.save_figure(self.plot(), folder / "series", self.table())
        plots.save_table(folder / "decay.csv", self.decay_table())

    @property
    def _quantities(self) -> list[str]:
        is_known = self._question.rank_by == CONDUCTANCE
        return [CONDUCTANCE, TRANSMISSION] if is_known else [TRANSMISSION]

    def _column(self, name: str) -> NDArray[np.float64]:
        return np.array([one.values.get(name, math.nan) for one in self._answers])

    def _doubts(self, name: str, decay: Decay | None) -> list[str]:
        """What the law of a quantity does not tell."""
        if decay is None:
            return []
        if not decay.is_told:
            known = int(np.isfinite(self._column(name)).sum())
            return [
                f"{known} lengths do not tell whether {_NAMES[name]} decays exponentially or like "
                "1/length: give more of them, or a wider range"
            ]
        if decay.law == "ohmic" and self._options.probe_coupling is None:
            return [
                f"1/{_NAMES[name]} grows linearly although transport is coherent: it is no "
                "resistance of base pairs, which needs scattering (--probe_coupling)"
            ]
        return []

    def _said(self, name: str, decay: Decay | None) -> str:
        if decay is None:
            return f"not fitted: it needs {FEWEST} lengths with {_NAMES[name]} above zero"
        if decay.law == "ohmic":
            log10_each = decay.ohmic.log10_each
            each = f"{10.0**log10_each:.4g}" if log10_each < 300.0 else f"1e{log10_each:.1f}"
            return f"ohmic: 1/{_NAMES[name]} grows by {each} with each base pair"
        first = self._beta(decay.tunneling)
        if decay.beyond is None or decay.crossover is None:
            return first
        return (
            f"{first}; crossover at {decay.crossover:.1f} base pairs "
            f"({decay.crossover * self.rise:.0f} Angstrom), then {self._beta(decay.beyond)}"
        )

    def _beta(self, line: Exponential) -> str:
        per_angstrom, error = line.beta / self.rise, line.standard_error / self.rise
        return (
            f"beta = {line.beta:.4g} +- {line.standard_error:.2g} per base pair = "
            f"{per_angstrom:.4g} +- {error:.2g} per Angstrom ({line.first} to {line.last} base "
            "pairs)"
        )


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value
