"""What `dnawire.screen` gives: a ranking of many sequences, and how the values of all spread."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from dnawire.api.conditions import AskedConditions, Setup
from dnawire.api.result import Result
from dnawire.api.result_names import RESULT_NAMES
from dnawire.api.selection import Selection
from dnawire.inference import (
    CRITERIA,
    Candidates,
    Distribution,
    Question,
    Ranked,
    Ranking,
    ScreeningPlan,
    Shard,
    check_candidates,
    check_predictor,
    compute_shard,
    counted,
    is_same_from_both_strands,
    said_of_other_strand,
    status,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from dnawire.plots import Table
    from dnawire.predictors import Predictor


class Screening(Result, Sequence[Ranked]):
    """Ranked sequences, the best first. It prints as a table, and shows itself in a notebook.

    Parameters
    ----------
    selection
        What is ranked, and by what.
    candidates
        The sequences.
    question
        What is asked of each.
    setup
        Who is asked.

    Attributes
    ----------
    distribution
        How often which value occurs among all sequences.
    """

    below = "screenings"
    members = RESULT_NAMES["screen"]
    unit = "shards"
    shown = 10

    def __init__(
        self, selection: Selection, candidates: Candidates, question: Question, setup: Setup
    ) -> None:
        self.distribution = Distribution()
        self._ranking = Ranking(selection.rank_by, selection.lowest, selection.top)
        self._selection = selection
        self._candidates = candidates
        self._question = question
        self._setup = setup

    @classmethod
    def prepared(
        cls,
        selection: Selection,
        candidates: Candidates,
        predictor: Predictor,
        asked: AskedConditions,
    ) -> Screening:
        """Check all that can be checked before the work.

        Raises
        ------
        DnawireError
            A contact does not fit a sequence, or the predictor cannot be asked for this.
        """
        question = selection.question(predictor, asked)
        check_predictor(predictor, question)
        check_candidates(candidates, question)
        setup = asked.setup_of(question, predictor)
        return cls(selection, candidates, question, setup)

    @property
    def name(self) -> str:
        """Name of the model."""
        return self._setup.predictor.name

    @property
    def num_steps(self) -> int:
        """How many shards there are, if none are kept."""
        return self._own_plan.count

    def steps(self) -> Iterator[None]:
        """Screen one shard after the other."""
        for number in range(self.num_steps):
            self.take(compute_shard(self._own_plan, number))
            yield

    @cached_property
    def _own_plan(self) -> ScreeningPlan:
        return self.plan("", None, with_scores=False)

    def plan(self, identity: str, shard_size: int | None, *, with_scores: bool) -> ScreeningPlan:
        """The same work, divided; parameters are those of `ScreeningPlan`."""
        selection = self._selection
        return ScreeningPlan(
            self._setup.predictor,
            identity,
            self._candidates,
            self._question,
            selection.unique,
            selection.lowest,
            selection.top,
            with_scores,
            shard_size,
        )

    def take(self, shard: Shard) -> None:
        """Take what is known of some candidates into the ranking."""
        self._ranking.merge(shard.ranking.rows, shard.ranking.positions)
        self.distribution.merge(shard.distribution)

    def __len__(self) -> int:
        return len(self._ranking.rows)

    @overload
    def __getitem__(self, index: int) -> Ranked: ...

    @overload
    def __getitem__(self, index: slice) -> list[Ranked]: ...

    def __getitem__(self, index: int | slice) -> Ranked | list[Ranked]:
        """One place of the ranking, or several: ``text``, ``values`` by name and ``remarks``."""
        return self._ranking.rows[index]

    @property
    def sequences(self) -> list[str]:
        """The ranked sequences."""
        return [row.text for row in self]

    @property
    def num_candidates(self) -> int:
        """How many candidates there are."""
        return self._candidates.count

    @property
    def names(self) -> Mapping[str, str]:
        """Names of the records of a file by the texts of their duplexes."""
        return self._candidates.names

    @property
    def heading(self) -> list[str]:
        """Lines that say who was asked, and for what."""
        question, selection = self._question, self._selection
        low, high = question.window
        lines = [*self._setup.lines, f"window        {low:g} to {high:g} eV"]
        if question.fermi_energy is not None:
            lines.append(f"E_F           {question.fermi_energy:g} eV, {question.temperature:g} K")
        lines.append(f"other strand  {self._other_strand}")
        first = "lowest" if selection.lowest else "highest"
        criterion = f"{selection.rank_by} ({CRITERIA[selection.rank_by]})"
        lines.append(f"candidates    {self.num_candidates:,}: {self._candidates.name}")
        return [*lines, f"rank by       {criterion}, {first} first"]

    @property
    def rows(self) -> list[list[str]]:
        """The ranking as it is printed: names of the columns, then a row for each sequence."""
        names = self[0].values if len(self) else {}
        named = self._candidates.names
        return [["rank", *(["name"] if named else []), "sequence", *names, "status"]] + [
            [
                str(rank),
                *([named.get(row.text, "")] if named else []),
                row.text,
                *(f"{one:.3f}" for one in row.values.values()),
                status(row.remarks),
            ]
            for rank, row in enumerate(self, start=1)
        ]

    @property
    def lines(self) -> list[str]:
        """How many sequences were screened."""
        vanishing = self.distribution.vanishing
        lines = [f"screened      {self.distribution.total:,} of {self.num_candidates:,} sequences"]
        if vanishing:
            lines.append(f"disconnected  {vanishing:,} of them: nothing flows at all")
        return lines

    @property
    def warnings(self) -> list[str]:
        """What in the ranking is not to be trusted, with an example of each."""
        return counted(((row.text, row.remarks) for row in self), f"{len(self)} ranked")

    def table(self) -> Table:
        """The ranking as columns; ``same_junction`` is another writing of the same junction."""
        named = self._candidates.names
        columns: dict[str, tuple[str, list[Any]]] = {
            "rank": ("", list(range(1, len(self) + 1))),
            **({"name": ("", [named.get(text, "") for text in self.sequences])} if named else {}),
            "sequence": ("", self.sequences),
            "same_junction": ("", self._same_junctions()),
        }
        for name in self[0].values:
            columns[name] = ("", [row.values[name] for row in self])
        own = self._setup.own_parameters
        if own is not None:
            columns["parameters"] = ("", [own] * len(self))
        columns["status"] = ("", [status(row.remarks) for row in self])
        return columns

    def plot(self) -> Figure:
        """Figure of the distribution of all screened sequences."""
        from dnawire.plots import distribution_figure

        rank_by = self._selection.rank_by
        return distribution_figure(
            self.distribution.binned(),
            CRITERIA[rank_by],
            self[-1].values[rank_by],
            f"Screened by {self._setup.predictor.name}",
            self._setup.footer,
        )

    def write(self, folder: Path) -> None:
        """Write the ranking and the distribution into a folder that exists."""
        from dnawire.api.screening_files import write_screening

        write_screening(folder, self)

    @property
    def _other_strand(self) -> str:
        """Say whether the contacts tell the two writings of a molecule apart."""
        left, right = self._question.left, self._question.right
        lengths = {junction.length for junction in self._candidates.junctions(left, right)}
        return said_of_other_strand(
            {is_same_from_both_strands(left, right, length) for length in lengths}
        )

    def _same_junctions(self) -> list[str]:
        """Other writing of each ranked duplex, where the contacts make it the same junction."""
        question = self._question
        lengths = {len(row.text.partition("/")[0]) for row in self}
        same = {
            length: is_same_from_both_strands(question.left, question.right, length)
            for length in lengths
        }
        return [
            flipped if same[len(text.partition("/")[0])] and flipped != text else ""
            for text, flipped, *_ in self
        ]
