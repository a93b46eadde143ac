"""``dnawire.design``: sequences with a wanted conductance, T(E) or contrast."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack, overload

from dnawire.api.conditions import AskedConditions, KeywordConditions
from dnawire.api.design_files import (
    number_text,
    write_design,
)
from dnawire.api.design_question import DesignKeywords, DesignQuestion
from dnawire.api.design_search import DesignSearch
from dnawire.api.keywords import keyword_parameters, takes
from dnawire.api.model import Model, load
from dnawire.api.result import Stoppable
from dnawire.api.result_names import RESULT_NAMES
from dnawire.errors import UsageError
from dnawire.inference import (
    Found,
    Ranked,
    Remark,
    conductance_remarks,
    junction_remarks,
    model_remarks,
    said_of_other_strand,
    said_of_several,
    status,
    summary_remarks,
)
from dnawire.junction import reverse_complement

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from dnawire.data import TransportRecord
    from dnawire.plots import Table


class Design(DesignSearch, Stoppable, Sequence[Ranked]):
    """Designed sequences, the best first. It prints as a table, and shows itself in a notebook.

    `prepared` makes one, and the iterator `steps` fills it.
    """

    below = "designs"
    members = RESULT_NAMES["design"]
    unit = "sequences"
    shown = 10

    _ranked: tuple[Found, list[Ranked]] = Found(), []

    def __len__(self) -> int:
        return len(self.found.best)

    @overload
    def __getitem__(self, index: int) -> Ranked: ...

    @overload
    def __getitem__(self, index: slice) -> list[Ranked]: ...

    def __getitem__(self, index: int | slice) -> Ranked | list[Ranked]:
        """One place of the ranking, or several: ``text``, ``values`` by name and ``remarks``."""
        found, rows = self._ranked
        if found is not self.found:
            rows = [self._row(*one[1:]) for one in self.found.best]
            self._ranked = self.found, rows
        return rows[index]

    @property
    def heading(self) -> list[str]:
        """Lines that say who was asked, and for what."""
        asked, question = self._setup.asked, self._question
        lines = list(self._setup.lines)
        if asked.fermi_energy is not None:
            lines.append(f"E_F           {asked.fermi_energy:g} eV, {asked.temperature:g} K")
        same = [space.length in self._symmetric for space in self._spaces]
        most = f"the {self.budget.all_together:,} that may be computed"
        how = (
            f"all of them: no more than {most}"
            if self.is_exhaustive
            else f"evolution{self._then}: more than {most}, seed {question.seed}"
        )
        return [
            *lines,
            f"target        {self._target.description}",
            f"sequences     {number_text(self.num_sequences)} of {self._said_of_rules}",
            f"other strand  {said_of_other_strand(same)}",
            f"search        {how}",
        ]

    @property
    def rows(self) -> list[list[str]]:
        """The ranking as it is printed: names of the columns, then a row for each sequence."""
        return [["rank", "sequence", *self.found.names, "status"]] + [
            [
                str(rank),
                row.text,
                *(f"{one:.4f}" for one in row.values.values()),
                status(row.remarks),
            ]
            for rank, row in enumerate(self, start=1)
        ]

    @property
    def lines(self) -> list[str]:
        """How far the search went."""
        found = self.found
        lines = [
            f"computed      {found.evaluations:,} of {number_text(self.num_sequences)} sequences"
        ]
        if not self.is_exhaustive:
            lines.append(f"restarts      {found.restarts}")
        if found.is_exhausted:
            lines.append("ended         nothing was found that had not been computed")
        if not self.is_complete:
            lines.append("stopped       before the end: this is what was found until then")
        if found.vanishing:
            lines.append(f"left out      {found.vanishing:,} where T = 0")
        return lines

    @property
    def warnings(self) -> list[str]:
        """What in the ranking is not to be trusted, in sentences: what holds for all once."""
        return said_of_several([], [(row.text, row.remarks) for row in self])

    def table(self) -> Table:
        """The ranking as columns; ``same_junction`` is another writing of the same junction."""
        columns: dict[str, tuple[str, list[Any]]] = {
            "rank": ("", list(range(1, len(self) + 1))),
            "sequence": ("", self.sequences),
            "same_junction": ("", [self._same_junction(text) for text in self.sequences]),
        }
        for name in self.found.names:
            columns[name] = ("", [row.values[name] for row in self])
        columns["status"] = ("", [status(row.remarks) for row in self])
        return columns

    def plot(self) -> Figure:
        """Figure of the best so far over the search, and of the spectra of the best.

        Raises
        ------
        UsageError
            If nothing was found.
        """
        return self.figure(self.records())

    def figure(self, records: Sequence[Sequence[TransportRecord]]) -> Figure:
        """Figure with spectra that are there already; see `plot`."""
        from dnawire.plots import design_figure

        if not len(self):
            raise UsageError("no sequence was found that could be drawn", "Relax target or rules.")
        return design_figure(
            self.progress,
            self.objective,
            records,
            self._target.marks(self._evaluator),
            f"Designed with {self._setup.predictor.name}",
            f"{self._setup.footer}; target {self._target.description}",
        )

    def picture(self) -> Figure | None:
        """The figure, if a sequence was found."""
        return self.plot() if len(self) else None

    @property
    def name(self) -> str:
        """Short name of the model."""
        return self._setup.predictor.name

    @property
    def num_steps(self) -> int:
        """How many sequences are computed at most."""
        budget = self.budget
        chosen = budget.evolved + budget.completed
        return int(self.num_sequences if self.is_exhaustive else min(self.num_sequences, chosen))

    @property
    def is_presentable(self) -> bool:
        """Whether a sequence was found, or there is none."""
        return self.is_complete or bool(len(self))

    @property
    def said_of_stop(self) -> str:
        """How many sequences are computed, and the best of them."""
        done = f"{self.found.evaluations:,} of at most {self.num_steps:,} sequences are computed"
        return f"{done}, {self.state}" + ("; these results are written" if len(self) else "")

    def write(self, folder: Path) -> None:
        """Write ranking, progress, settings, spectra and figure into a folder that exists."""
        write_design(folder, self)

    def _row(self, upper: str, values: Sequence[float]) -> Ranked:
        """A place of the ranking, with what is to be said of it."""
        predictor = self._setup.predictor
        remarks: list[Remark] = list(model_remarks(predictor))
        if self._question.is_of_conductance:
            remarks += conductance_remarks(predictor)
        for duplex in self._target.duplexes(upper):
            found = list(junction_remarks(predictor, self._evaluator.junction(duplex)))
            if self._question.is_of_conductance:
                found += summary_remarks(self._evaluator.summary(duplex))
            said = "" if duplex.text == upper else f"as {duplex.text}: "
            remarks += [Remark(word, f"{said}{sentence}") for word, sentence in found]
        named = dict(zip(self.found.names, values, strict=True))
        return Ranked(upper, reverse_complement(upper), named, tuple(dict.fromkeys(remarks)))

    @property
    def _then(self) -> str:
        return ", then all that begin like the best" if self.budget.completed else ""

    @property
    def _said_of_rules(self) -> str:
        lengths = [space.length for space in self._spaces]
        ends = f"{lengths[0]}" if len(lengths) == 1 else f"{lengths[0]} to {lengths[-1]}"
        return f"{ends} base pairs{''.join(f', {one}' for one in self._question.rules.sentences)}"

    def _same_junction(self, upper: str) -> str:
        """Other writing of a duplex, where the contacts make it the same junction."""
        other = reverse_complement(upper)
        return other if len(upper) in self._symmetric and other != upper else ""


@takes(keyword_parameters(DesignKeywords, AskedConditions, DesignQuestion))
def design(
    model: Model | Path | str, *, device: str = "auto", **keywords: Unpack[DesignKeywords]
) -> Design:
    """Find sequences with a wanted conductance, T(E) or contrast. Nothing is written to disk.

    All sequences that keep the rules are computed if there are no more than ``evaluations``;
    otherwise an evolution with restarts chooses which ones.

    Parameters
    ----------
    model
        See `dnawire.load`.
    device
        Where the network of a trained model computes: auto, cpu, cuda or cuda:NUMBER.
    **keywords
        ``target``: log10_transmission or log10_conductance, with ``value`` in decades and
        ``fermi_energy``; transmission_spectrum with ``spectrum``, and ``window_min`` and
        ``window_max`` in eV; energy_contrast with ``energy_on`` and ``energy_off`` in eV;
        mismatch_contrast or mismatch_conductance_contrast with ``mismatch`` and ``fermi_energy``.
        ``length`` (a number, or the least and the greatest), ``pattern``, ``gc_min``, ``gc_max``,
        ``max_run``, ``max_palindrome``, ``forbidden``, ``unique``: which sequences.
        ``evaluations``, ``seed``, ``top``: how far to search, and the length of the ranking. And
        the conditions of `dnawire.predict`.

    Returns
    -------
    Design
        The ranking.

    Raises
    ------
    DnawireError
        Target, rules or conditions are impossible, or the model cannot be used.
    """
    predictor = load(model, device).predictor
    given: dict[str, Any] = dict(keywords)
    names = [one.name for one in fields(DesignQuestion) if one.name in given]
    question = DesignQuestion.of({name: given.pop(name) for name in names})
    found = Design.prepared(question, predictor, KeywordConditions.of(given))  # type: ignore[arg-type]
    return found.completed()
