"""Remarks on many duplexes at once: few different ones, and which row has which."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dnawire.data import duplex_texts
from dnawire.inference.question import CONDUCTANCE, Question
from dnawire.inference.remarks import Remark, conductance_remarks, junction_remarks, model_remarks
from dnawire.junction import DNA, LETTERS, Alphabet, Duplex, Junction
from dnawire.predictors import Predictor


@dataclass(frozen=True, eq=False)
class RowRemarks:
    """What is to be said of each of B rows; iteration goes over rows."""

    different: Sequence[tuple[Remark, ...]]
    """What can be said."""
    which: NDArray[np.integer]
    """What of it holds for a row, (B,)."""

    def __iter__(self) -> Iterator[tuple[Remark, ...]]:
        return (self.different[number] for number in self.which.tolist())

    def select(self, rows: NDArray[np.integer]) -> RowRemarks:
        """Those of some rows."""
        return RowRemarks(self.different, self.which[rows])

    def joined(self, others: RowRemarks) -> RowRemarks:
        """These, and others behind them."""
        different = [first + second for first in self.different for second in others.different]
        return RowRemarks(different, self.which * len(others.different) + others.which)


class CommonRemarks:
    """Remarks on many duplexes between the contacts of a question; equal ones are made once."""

    def __init__(self, predictor: Predictor, question: Question) -> None:
        self._predictor = predictor
        self._question = question
        self._alphabet = predictor.conditions.alphabet
        self._common = tuple(model_remarks(predictor))
        if question.rank_by == CONDUCTANCE:
            self._common += tuple(conductance_remarks(predictor))
        self._known: dict[tuple[int, int], tuple[Remark, ...]] = {}
        self._kinds: dict[int, NDArray[np.int32]] = {}

    def __call__(self, codes: NDArray[np.int8]) -> RowRemarks:
        """Remarks on each of some duplexes, codes (B, L, 2)."""
        kinds = np.zeros(len(codes), np.int32)
        # Only what was trained tells base pairs apart, and it knows no further letters.
        for pair in np.moveaxis(codes, 1, 0) if self._alphabet == DNA else ():
            kinds |= np.left_shift(1, pair[:, 0] * len(LETTERS) + pair[:, 1], dtype=np.int32)
        length = codes.shape[1]
        known = self._kinds.get(length, kinds[:1])
        which = np.minimum(np.searchsorted(known, kinds), len(known) - 1)
        if (known[which] != kinds).any():
            known = np.union1d(known, kinds)
            which = np.searchsorted(known, kinds)
        self._kinds[length] = known
        return RowRemarks([self._of_kind(kind, kinds, codes) for kind in known.tolist()], which)

    def _of_kind(
        self, kind: int, kinds: NDArray[np.int32], codes: NDArray[np.int8]
    ) -> tuple[Remark, ...]:
        key = codes.shape[1], kind
        if key not in self._known:
            (text,) = duplex_texts(codes[[(kinds == kind).argmax()]], self._alphabet)
            junction = junction_of(text.decode(), self._question, self._alphabet)
            self._known[key] = (*self._common, *junction_remarks(self._predictor, junction))
        return self._known[key]


def junction_of(text: str, question: Question, alphabet: Alphabet) -> Junction:
    """A duplex between the contacts of a question."""
    return Junction(Duplex.parse(text, alphabet), question.left, question.right)
