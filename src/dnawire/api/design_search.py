"""A search for designed sequences: what is wanted, of whom, and how far it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from dnawire.api.conditions import AskedConditions, Setup
from dnawire.api.design_files import settings_table
from dnawire.api.design_question import DesignQuestion
from dnawire.inference import (
    Budget,
    Evaluator,
    Found,
    SequenceSpace,
    Target,
    WantedSpectrum,
    is_same_from_both_strands,
    search,
    size_of,
)
from dnawire.junction import Duplex

if TYPE_CHECKING:
    from dnawire.data import TransportRecord
    from dnawire.inference.targets import Values
    from dnawire.plots import Table
    from dnawire.predictors import Predictor

_DRAWN: Final = 3


class Advance(NamedTuple):
    """When a better sequence was found, or the evolution began anew."""

    evaluations: int
    best: float
    """Distance or contrast of the best sequence so far, in decades."""
    restarts: int
    sequence: str


class DesignSearch:
    """A search that `steps` carries on.

    Parameters
    ----------
    question
        What is wanted.
    target
        The same as a target.
    spaces
        The sequences, by length.
    evaluator
        How each is measured.
    setup
        Who is asked.

    Attributes
    ----------
    found
        State of the search.
    """

    def __init__(
        self,
        question: DesignQuestion,
        target: Target,
        spaces: Sequence[SequenceSpace],
        evaluator: Evaluator,
        setup: Setup,
    ) -> None:
        self.found = Found()
        self._is_ended = False
        self._last_step = 0
        self._advances: list[Advance] = []
        self._question = question
        self._target = target
        self._spaces = spaces
        self._evaluator = evaluator
        self._setup = setup

    @classmethod
    def prepared(
        cls, question: DesignQuestion, predictor: Predictor, asked: AskedConditions
    ) -> Self:
        """Check all that can be checked before the work.

        Raises
        ------
        DnawireError
            Target, rules and conditions do not fit each other, or the predictor.
        """
        left, right = asked.contacts(predictor)
        setup = asked.setup(predictor, (left, right))
        target = question.wanted()
        evaluator = Evaluator(
            predictor=predictor,
            left=left,
            right=right,
            energies=setup.grid,
            eta=setup.eta,
            fermi_energy=asked.fermi_energy,
            temperature=asked.temperature,
            conductance_from_grid=asked.conductance_from_grid,
        )
        target.check(evaluator)
        spaces = question.spaces(target)
        for space in spaces:
            evaluator.junction(Duplex.parse("A" * space.length))
        return cls(question, target, spaces, evaluator, setup)

    def steps(self) -> Iterator[None]:
        """Search for a while at a time."""
        for found in search(self._spaces, self.measured, self.budget, self._counted_once):
            self._take(found)
            yield
        self._is_ended = True

    @property
    def is_complete(self) -> bool:
        """Whether the search came to its end."""
        return self._is_ended

    @property
    def last_step(self) -> int:
        """How many sequences the last step has computed."""
        return self._last_step

    @property
    def sequences(self) -> list[str]:
        """The ranked sequences."""
        return [one.upper for one in self.found.best]

    @property
    def num_sequences(self) -> float:
        """How many sequences keep the rules; rounded where there are 2^53 or more."""
        return size_of(self._spaces)

    @property
    def budget(self) -> Budget:
        """How far the search goes."""
        asked, together = self._question, self._target.together(self._evaluator)
        most = asked.most_evaluations(together)
        return Budget(most, self._target.at_once, asked.top, asked.seed, together)

    @property
    def is_exhaustive(self) -> bool:
        """Whether all sequences are computed."""
        return self.num_sequences <= self.budget.all_together

    @property
    def objective(self) -> str:
        """The value that decides: ``distance`` or ``contrast``, in decades."""
        return self._target.objective

    @property
    def state(self) -> str:
        """The best so far in a few words."""
        if not self.found.best:
            return "nothing found"
        return f"{self.objective} {self._advance.best:.4f} ({self._advance.sequence})"

    @property
    def progress(self) -> Table:
        """The best so far, whenever it became better or the evolution began anew."""
        last = [self._advance] if self.found.best else []
        advances = list(dict.fromkeys([*self._advances, *last]))
        units = {"evaluations": "", "best": "decades", "restarts": "", "sequence": ""}
        return {
            self.objective if name == "best" else name: (
                unit,
                [getattr(one, name) for one in advances],
            )
            for name, unit in units.items()
        }

    def settings(self) -> Table:
        """All that shapes the result, by name."""
        found = {
            "evaluations": self.budget.evaluations,
            "together": self.budget.together,
            "num_sequences": self.num_sequences,
            "search": "exhaustive" if self.is_exhaustive else "evolution",
            "computed": self.found.evaluations,
            "restarts": self.found.restarts,
            "complete": self.is_complete,
        }
        return settings_table(self._question, self._target, self._evaluator, self._setup, found)

    def records(self) -> list[list[TransportRecord]]:
        """Spectra of the first of the ranking: of each, all duplexes that the target compares."""
        evaluator = self._evaluator
        return [
            [evaluator.resolved(duplex) for duplex in self._target.duplexes(text)]
            for text in self.sequences[:_DRAWN]
        ]

    def wanted(self) -> Table | None:
        """The wanted T(E) as a table; None if something else is wanted."""
        target = self._target
        if not isinstance(target, WantedSpectrum):
            return None
        return {
            "energy": ("eV", target.energies),
            "log10_transmission": ("", target.log10_transmission),
        }

    def measured(self, upper: NDArray[np.int8]) -> tuple[Values, NDArray[np.float64]]:
        """Values of some upper strands of one length, (B, L), and losses, (B,): small is good."""
        values = self._target.values(self._evaluator, upper)
        return values, self._target.losses(values)

    def _take(self, found: Found) -> None:
        """Note a better sequence or a new start; the state changes in one assignment."""
        before, self.found = self.found, found
        self._last_step = found.evaluations - before.evaluations
        is_better = found.best[:1] != before.best[:1]
        if found.best and (is_better or found.restarts > before.restarts):
            self._advances.append(self._advance)

    @property
    def _advance(self) -> Advance:
        best = self.found.best[0]
        value = dict(zip(self.found.names, best.values, strict=True))[self.objective]
        return Advance(self.found.evaluations, value, self.found.restarts, best.upper)

    @property
    def _symmetric(self) -> list[int]:
        """Lengths at which a sequence and its reverse complement are the same junction."""
        left, right = self._evaluator.left, self._evaluator.right
        return [
            space.length
            for space in self._spaces
            if self._target.is_symmetric and is_same_from_both_strands(left, right, space.length)
        ]

    @property
    def _counted_once(self) -> list[int]:
        return self._symmetric if self._question.unique else []
