"""Answers for a few duplexes, each alone, so that its numbers are those of a prediction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from dnawire.inference.candidates import ListedCandidates
from dnawire.inference.question import Question
from dnawire.inference.remarks import Remark
from dnawire.inference.screen import check_candidates, check_predictor, screen
from dnawire.junction import Duplex
from dnawire.predictors import Predictor


class Answer(NamedTuple):
    """What was found of one duplex."""

    values: dict[str, float]
    """Quantities by name (`CRITERIA`), in decades; -inf where T vanishes."""
    remarks: tuple[Remark, ...]
    """Why they are not to be trusted."""


def check_question(predictor: Predictor, duplexes: Sequence[Duplex], question: Question) -> None:
    """Check all that can be checked before the work.

    Raises
    ------
    UsageError
        If the predictor cannot know what is asked.
    InvalidContactError
        If a contact does not fit a duplex.
    """
    check_predictor(predictor, question)
    alphabet = predictor.conditions.alphabet
    check_candidates(ListedCandidates(duplexes, "given sequences", alphabet), question)


def answer_each(
    predictor: Predictor, duplexes: Sequence[Duplex], question: Question
) -> Iterator[Answer]:
    """Answer one question for one duplex after the other.

    Raises
    ------
    UsageError
        If the predictor is bound to other energies or another eta.
    """
    alphabet = predictor.conditions.alphabet
    for duplex in duplexes:
        alone = ListedCandidates([duplex], "", alphabet)
        [found] = screen(predictor, alone, question, unique=False)
        values = {name: float(one[0]) for name, one in found.values.items()}
        [remarks] = found.remarks
        yield Answer(values, remarks)
