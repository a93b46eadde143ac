"""Remarks on many duplexes at once: few different ones, and which row has which."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnawire.data import duplex_texts
from dnawire.inference.question import CONDUCTANCE, Question
from dnawire.inference.remarks import Remark, conductance_remarks, junction_remarks, model_remarks
from dnawire.junction import Alphabet, Duplex, Junction
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
        self._kinds: dict[int, NDArray[Any]] = {}
        number = len(self._alphabet.letters) ** 2
        # Whole numbers of any size where there are more kinds of pairs than an integer has bits.
        bits = [1 << kind for kind in range(number)]
        self._bits: NDArray[Any] = np.array(bits, _integers_of(number))

    def __call__(self, codes: NDArray[np.int8]) -> RowRemarks:
        """Remarks on each of some duplexes, codes (B, L, 2)."""
        kinds, count = np.zeros(len(codes), self._bits.dtype), len(self._alphabet.letters)
        for pair in np.moveaxis(codes, 1, 0):
            kinds |= self._bits[pair[:, 0] * np.intp(count) + pair[:, 1]]
        length = codes.shape[1]
        known = self._kinds.get(length, kinds[:1])
        which = np.minimum(np.searchsorted(known, kinds), len(known) - 1)
        if (known[which] != kinds).any():
            known = np.union1d(known, kinds)
            which = np.searchsorted(known, kinds)
        self._kinds[length] = known
        return RowRemarks([self._of_kind(kind, kinds, codes) for kind in known.tolist()], which)

    def _of_kind(
        self, kind: int, kinds: NDArray[Any], codes: NDArray[np.int8]
    ) -> tuple[Remark, ...]:
        key = codes.shape[1], kind
        if key not in self._known:
            (text,) = duplex_texts(codes[[(kinds == kind).argmax()]], self._alphabet)
            junction = junction_of(text.decode(), self._question, self._alphabet)
            self._known[key] = (*self._common, *junction_remarks(self._predictor, junction))
        return self._known[key]


def _integers_of(bits: int) -> type:
    sizes = (one for one in (np.int32, np.int64) if bits < np.iinfo(one).bits)
    return next(sizes, object)


def junction_of(text: str, question: Question, alphabet: Alphabet) -> Junction:
    """A duplex between the contacts of a question."""
    return Junction(Duplex.parse(text, alphabet), question.left, question.right)
