"""What is screened, and by what: the flags of `dnawire screen`, which are keywords as well."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, get_args

from dnawire.api.conditions import AskedConditions, ConditionKeywords
from dnawire.errors import UsageError
from dnawire.scalars import ENERGY, Range, check_count, check_range, check_switch, power_of_ten

if TYPE_CHECKING:
    from collections.abc import Iterable
    from concurrent.futures import Executor

    from dnawire.inference import Candidates, Question
    from dnawire.junction import Alphabet, Duplex
    from dnawire.predictors import Predictor

Criterion = Literal[
    "log10_transmission",
    "mean_log10_transmission",
    "mean_log10_dos",
    "log10_conductance",
]

_RANKED: Final = Range(1, 10**7, "sequences")
_LENGTHS: Final = Range(1, 10**6, "base pairs")


@dataclass(frozen=True)
class Selection:
    """Sequences, and the quantity that ranks them."""

    length: int | None = None
    """Screen all sequences of this number of base pairs."""

    pattern: str | None = None
    """Screen all sequences of this pattern of IUPAC letters, e.g. ACGTNNNN."""

    letters: str | None = None
    """Bases that --length goes over, and N in a pattern, e.g. ACGTF with a parameter set that
    declares F; None takes A, C, G and T."""

    sequences: Path | None = None
    """Screen the sequences of this text file, one a line, written as for `dnawire predict`."""

    rank_by: Criterion = "mean_log10_transmission"
    """Quantity that ranks: log10 T at the Fermi energy, means over the window, or the conductance
    at Fermi energy and temperature with all resonances resolved (milliseconds a sequence)."""

    lowest: bool = False
    """Rank the lowest value first."""

    top: int = 100
    """Length of the ranking."""

    window_min: float | None = None
    """Lowest energy of the means in eV; None takes the first energy."""

    window_max: float | None = None
    """Highest energy of the means in eV; None takes the last energy."""

    unique: bool = False
    """Count a sequence and its other strand once, where the contacts make them one junction."""

    def __post_init__(self) -> None:
        for name in ("window_min", "window_max"):
            check_range(name, getattr(self, name), ENERGY)
        check_count("length", self.length, _LENGTHS)
        check_count("top", self.top, _RANKED)
        for name in ("lowest", "unique"):
            check_switch(name, getattr(self, name))
        if self.rank_by not in get_args(Criterion):
            raise UsageError(
                f"rank_by = {self.rank_by!r} is no quantity that ranks",
                f"Choose one of {', '.join(get_args(Criterion))}.",
            )

    def candidates(self, alphabet: Alphabet, listed: Sequence[Duplex] | None = None) -> Candidates:
        """Return the sequences, in letters of a model; they may be given here, not in a file.

        Raises
        ------
        DnawireError
            None are asked for, or in two ways, or too many, or the file cannot be used.
        """
        from dnawire.inference import ListedCandidates, PatternCandidates, checked_letters
        from dnawire.junction import BASES

        given = {
            "length": self.length,
            "pattern": self.pattern,
            "sequences": self.sequences if listed is None else listed,
        }
        asked = [name for name, value in given.items() if value is not None]
        if len(asked) != 1:
            raise UsageError(
                f"{' and '.join(asked) or 'nothing'} to be screened",
                "Give one of --length 8, --pattern ACGTNNNN and --sequences FILE.",
            )
        if asked == ["sequences"] and self.letters is not None:
            raise UsageError(
                f"letters = {self.letters!r} has no effect on sequences that are given",
                "Drop --letters: sequences may have all letters of the model.",
            )
        if listed is not None:
            return ListedCandidates(listed, "given sequences", alphabet)
        if self.sequences is not None:
            return ListedCandidates.read(self.sequences, alphabet)
        letters = BASES if self.letters is None else checked_letters(self.letters, alphabet)
        if self.length is None:
            return PatternCandidates(self.pattern or "", alphabet, letters)
        return PatternCandidates("N" * _checked_length(self.length, letters), alphabet, letters)

    def question(self, predictor: Predictor, conditions: AskedConditions) -> Question:
        """Return what is asked of every sequence.

        Raises
        ------
        UsageError
            The window is empty, or the quantity needs a Fermi energy that is not given.
        """
        from dnawire.inference import Question

        asked = conditions.energies(predictor)
        energies = predictor.conditions.energies if asked is None else asked
        left, right = conditions.contacts(predictor)
        low = float(energies[0]) if self.window_min is None else self.window_min
        high = float(energies[-1]) if self.window_max is None else self.window_max
        return Question(
            left=left,
            right=right,
            energies=energies,
            window=(low, high),
            eta=predictor.conditions.eta if conditions.eta is None else conditions.eta,
            fermi_energy=conditions.fermi_energy,
            temperature=conditions.temperature,
            rank_by=self.rank_by,
            conductance_from_grid=conditions.conductance_from_grid,
        )


class ScreenKeywords(ConditionKeywords, total=False):
    """Keywords of a screening, named like the flags of `Selection`, which explains them.

    ``sequences`` is the path of a file, or a list of sequences; ``executor`` any executor of
    `concurrent.futures`.
    """

    sequences: Iterable[Duplex | str] | Path | str | None
    length: int | None
    pattern: str | None
    letters: str | None
    rank_by: Criterion
    lowest: bool
    top: int
    window_min: float | None
    window_max: float | None
    unique: bool
    executor: Executor | None


def _checked_length(length: int, letters: str) -> int:
    from dnawire.inference import MOST_CANDIDATES

    decades, most = math.log10(len(letters)), math.log10(MOST_CANDIDATES)
    longest = int(most / decades) if decades else length
    if length > longest:
        raise UsageError(
            f"{power_of_ten(decades * length)} sequences of length {length}; at most "
            f"{MOST_CANDIDATES:,} can be screened",
            f"Give --length of at most {longest}, or choose among longer ones with --pattern or "
            "--sequences.",
        )
    return length
