"""What `dnawire.scan` gives: the effect of every change of one base pair."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from dnawire.api.conditions import AskedConditions, Setup
from dnawire.api.question import question_at_fermi_energy
from dnawire.api.result import Result
from dnawire.api.result_names import RESULT_NAMES
from dnawire.api.scan_options import ScanOptions
from dnawire.api.tables import number
from dnawire.errors import InvalidDuplexError, InvalidStructureError, UsageError
from dnawire.inference import (
    CRITERIA,
    KINDS,
    Answer,
    Change,
    Question,
    Remark,
    answer_each,
    check_question,
    single_changes,
    status,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from dnawire.junction import Duplex
    from dnawire.plots import Table
    from dnawire.predictors import Predictor

_LOST: Final = "lost_contact"
_NO_STRUCTURE: Final = "no_structure"


class Scanned(NamedTuple):
    """One change, and what it does."""

    change: Change
    duplex: Duplex
    """The changed duplex."""
    value: float
    """The quantity, in decades; NaN if a contact would lose its base, or a model of all atoms has
    no ideal structure, or no charges, of the changed duplex."""
    effect: float
    """Its change against the parent, in decades; -inf if nothing flows any more."""
    remarks: tuple[Remark, ...]
    """Why it is not to be trusted."""

    @property
    def reason(self) -> str:
        """Why there is no value; empty if there is one."""
        return " ".join(one.sentence for one in self.remarks) if math.isnan(self.value) else ""


class Scan(Result):
    """Effect of every single mutation, mismatch and missing base of one duplex.

    It prints as a table, the largest effects first, and shows itself in a notebook.

    Parameters
    ----------
    duplex
        The parent.
    question
        What is asked of it and of all its variants.
    setup
        Who is asked.

    Attributes
    ----------
    duplex
        The parent.
    """

    below = "scans"
    members = RESULT_NAMES["scan"]
    unit = "duplexes"
    shown = 25

    def __init__(self, duplex: Duplex, question: Question, setup: Setup) -> None:
        self.duplex = duplex
        self._question = question
        self._setup = setup
        contacts = {"left": question.left, "right": question.right}
        changes = list(single_changes(duplex))
        self._lost = {
            change: lost
            for change in changes
            if (lost := change.lost_contacts(duplex.length, **contacts))
        }
        self._changes = [change for change in changes if change not in self._lost]
        self._answers: list[Answer] = []

    @classmethod
    def prepared(
        cls, duplex: Duplex, options: ScanOptions, predictor: Predictor, asked: AskedConditions
    ) -> Scan:
        """Check all that can be checked before the work.

        Raises
        ------
        DnawireError
            A contact does not fit the duplex, there is no Fermi energy, or the predictor cannot be
            asked for this.
        """
        question = question_at_fermi_energy(predictor, asked, options.rank_by)
        check_question(predictor, [duplex], question)
        setup = asked.setup_of(question, predictor)
        return cls(duplex, question, setup)

    @property
    def name(self) -> str:
        """Short name of the model."""
        return self._setup.predictor.name

    @property
    def num_steps(self) -> int:
        """How many duplexes are computed: the parent, and its variants."""
        return 1 + len(self._changes)

    def steps(self) -> Iterator[None]:
        """Answer for the parent, then for one change after the other.

        Raises
        ------
        InvalidDuplexError, InvalidStructureError
            A model of all atoms has no ideal structure of the parent.
        UsageError
            Nothing flows through the parent.
        """
        self._answers.append(self._answer(self.duplex))
        if math.isinf(self.parent):
            raise UsageError(
                f"nothing flows through {self.duplex.text}: no change of it can be told",
                "Attach the contacts to bases that are connected.",
            )
        yield
        for change in self._changes:
            try:
                found = self._answer(change.applied(self.duplex))
            except (InvalidDuplexError, InvalidStructureError) as error:
                remarks = (Remark(_NO_STRUCTURE, error.problem.rstrip(".")),)
                found = Answer({self._question.rank_by: math.nan}, remarks)
            self._answers.append(found)
            yield

    def _answer(self, duplex: Duplex) -> Answer:
        [found] = answer_each(self._setup.predictor, [duplex], self._question)
        return found

    @property
    def parent(self) -> float:
        """The quantity of the parent, in decades."""
        return self._answers[0].values[self._question.rank_by]

    @property
    def changes(self) -> list[Scanned]:
        """All changes, the largest effect first; those without a value at the end."""
        found = [
            Scanned(change, change.applied(self.duplex), value, value - self.parent, one.remarks)
            for change, one in zip(self._changes, self._answers[1:], strict=True)
            for value in (one.values[self._question.rank_by],)
        ]
        found.sort(key=lambda one: (math.isnan(one.effect), -abs(one.effect)))
        return found + [
            Scanned(
                change,
                change.applied(self.duplex),
                math.nan,
                math.nan,
                (Remark(_LOST, f"the {' and the '.join(lost)} contact would lose its base"),),
            )
            for change, lost in self._lost.items()
        ]

    @property
    def heading(self) -> list[str]:
        """Lines that say who was asked, and for what."""
        question = self._question
        return [
            *self._setup.lines,
            f"E_F           {question.fermi_energy:g} eV, {question.temperature:g} K",
            f"quantity      {question.rank_by} ({CRITERIA[question.rank_by]})",
            f"parent        {self.duplex.text}: {self.parent:.3f}",
        ]

    @property
    def rows(self) -> list[list[str]]:
        """The table that is printed: names of the columns, then a row for each change."""
        head = ["position", "pair", "kind", "sequence", self._question.rank_by, "change", "status"]
        return [head] + [
            [
                str(one.change.pair),
                one.change.text,
                one.change.kind,
                one.duplex.text,
                number(one.value, ".3f"),
                number(one.effect, "+.3f"),
                status(one.remarks),
            ]
            for one in self.changes
        ]

    @property
    def lines(self) -> list[str]:
        """How large the effects of each kind of change are."""
        found = []
        for kind in KINDS:
            effects = np.array([one.effect for one in self.changes if one.change.kind == kind])
            ended, known = np.isinf(effects).sum(), abs(effects[np.isfinite(effects)])
            parts = [f"nothing flows after {ended} of them"] if ended else []
            if len(known):
                change = f"median change {np.median(known):.3f} decades, largest {known.max():.3f}"
                parts.insert(0, change)
            if parts:
                found.append(f"{kind:<14}{len(known) + ended}: {'; '.join(parts)}")
        return found

    @property
    def warnings(self) -> list[str]:
        """What is not to be trusted, in sentences."""
        sentences: dict[str, list[tuple[str, str]]] = {}
        for one in self.changes:
            first = {word: sentence for word, sentence in reversed(one.remarks)}
            for word, sentence in first.items():
                said = f"position {one.change.pair}, {one.change.text}", sentence
                sentences.setdefault(word, []).append(said)
        parent = [f"the parent: {one.sentence}" for one in self._answers[0].remarks]
        return parent + [
            f"{word} after {len(found)} of {len(self.changes)} changes, e.g. {found[0][0]}: "
            f"{found[0][1]}"
            for word, found in sentences.items()
        ]

    def table(self) -> Table:
        """A row for each change, the largest effect first; None where there is no value."""
        changes, quantity = self.changes, self._question.rank_by
        columns: dict[str, tuple[str, Any]] = {
            "position": ("", [one.change.pair for one in changes]),
            "kind": ("", [one.change.kind for one in changes]),
            "strands": ("", [" ".join(one.change.strands) for one in changes]),
            "before": ("", ["-".join(one.change.before) for one in changes]),
            "after": ("", ["-".join(one.change.after) for one in changes]),
            "sequence": ("", [one.duplex.text for one in changes]),
            quantity: ("", [_known(one.value) for one in changes]),
            "change": ("decades", [_known(one.effect) for one in changes]),
            "status": ("", [status(one.remarks) for one in changes]),
            "reason": ("", [one.reason for one in changes]),
        }
        return columns

    def plot(self) -> Figure:
        """Heat map of the effects, change against position."""
        from dnawire.plots import Effect, scan_figure

        effects = [Effect(one.change, one.effect) for one in self.changes]
        quantity = CRITERIA[self._question.rank_by].partition(" at ")[0]
        title = f"Scan by {self.name}"
        return scan_figure(effects, self.duplex, quantity, title, self._setup.footer)

    def write(self, folder: Path) -> None:
        """Write the heat map with its numbers."""
        from dnawire import plots

        plots.save_figure(self.plot(), folder / "scan", self.table())


def _known(value: float) -> float | None:
    """A value of the table, which is empty where there is none."""
    return None if math.isnan(value) else value
