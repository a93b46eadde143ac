"""Many sequences between the same contacts, and which of them are best."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dnawire.data import duplex_texts
from dnawire.errors import UsageError
from dnawire.inference._answers import answers_of, shares_beginnings
from dnawire.inference._row_remarks import CommonRemarks, RowRemarks
from dnawire.inference.candidates import Candidates
from dnawire.inference.question import (
    CONDUCTANCE,
    MEAN_DOS,
    MEAN_TRANSMISSION,
    TRANSMISSION,
    Question,
    knows_dos,
)
from dnawire.inference.summary import knows_conductance
from dnawire.junction import Alphabet, Contact
from dnawire.predictors import Predictor

_VALUES_PER_PIECE: Final = 2**18
_SHARED_PER_PIECE: Final = 2**14
"""Sequences whose work is shared: as many as the caches of a processor hold."""
_CONDUCTANCES_PER_PIECE: Final = 256
"""Milliseconds each."""
_FEWEST: Final = 4
"""Sequences of a piece at least: for several, a predictor may have a faster way."""


class Screened(NamedTuple):
    """Answers for some duplexes of one length."""

    rows: NDArray[np.int64]
    """Their positions among all candidates, (B,), increasing."""
    codes: NDArray[np.int8]
    """Base codes, (B, L, 2)."""
    is_in_order: bool
    """Whether all candidates before the last of these are answered."""
    values: dict[str, NDArray[np.float64]]
    """Quantities by name, in decades, (B,); -inf where T vanishes."""
    remarks: RowRemarks
    """What is to be said of each."""
    alphabet: Alphabet
    """What the codes stand for."""

    def select(self, rows: NDArray[np.intp]) -> Screened:
        """Some of them."""
        return self._replace(
            rows=self.rows[rows],
            codes=self.codes[rows],
            values={name: one[rows] for name, one in self.values.items()},
            remarks=self.remarks.select(rows),
        )

    @property
    def texts(self) -> list[str]:
        """Texts of the duplexes."""
        return [text.decode() for text in duplex_texts(self.codes, self.alphabet)]

    @property
    def flipped_texts(self) -> list[str]:
        """Texts of the same molecules, written from their other strands."""
        flipped = self.codes[:, ::-1, ::-1]
        return [text.decode() for text in duplex_texts(flipped, self.alphabet)]


def piece_size(predictor: Predictor, question: Question) -> int:
    """Sequences that are answered at once: fractions of a second."""
    if shares_beginnings(predictor, question):
        return _SHARED_PER_PIECE
    most = max(predictor.at_once, _FEWEST)
    if question.rank_by == CONDUCTANCE:
        return min(_CONDUCTANCES_PER_PIECE, most)
    return min(max(1, _VALUES_PER_PIECE // len(question.energies)), most)


def screen(
    predictor: Predictor,
    candidates: Candidates,
    question: Question,
    *,
    unique: bool,
    rows: range | None = None,
) -> Iterator[Screened]:
    """Answer a question for many sequences, at most a few thousand at a time.

    Parameters
    ----------
    predictor
        What predicts.
    candidates
        The sequences.
    question
        What is asked of each.
    unique
        Skip a sequence whose junction is that of an earlier one, written from its other
        strand; see `is_same_from_both_strands`.
    rows
        Positions of those that are screened; None takes all.

    Yields
    ------
    Screened
        Candidates of one length, which may not follow each other; see `Screened.rows`.

    Raises
    ------
    UsageError
        If the predictor is bound to other energies or another eta.
    """
    said, alphabet = CommonRemarks(predictor, question), predictor.conditions.alphabet
    for piece in candidates.pieces(piece_size(predictor, question), rows):
        positions, codes = piece.rows, piece.codes
        if unique and is_same_from_both_strands(question.left, question.right, codes.shape[1]):
            is_new = ~_is_repeated(codes, candidates)
            positions, codes = positions[is_new], codes[is_new]
        if len(codes):
            answers, found = answers_of(predictor, codes, question)
            remarks = said(codes).joined(found)
            yield Screened(positions, codes, piece.is_in_order, answers, remarks, alphabet)


def check_candidates(candidates: Candidates, question: Question) -> None:
    """Hold the contacts against every candidate.

    Raises
    ------
    InvalidContactError
        If a contact does not fit a sequence.
    """
    for _ in candidates.junctions(question.left, question.right):
        pass


def check_predictor(predictor: Predictor, question: Question) -> None:
    """Refuse to rank by what the predictor cannot know.

    Raises
    ------
    UsageError
        If it knows no Hamiltonian and a conductance is asked for, not knowingly from its grid.
    """
    is_known = knows_conductance(predictor, from_grid=question.conductance_from_grid)
    if question.rank_by == CONDUCTANCE and not is_known:
        raise UsageError(
            f"{CONDUCTANCE} of {predictor.name}, which knows T at the energies of its grid only: "
            "resonances between them are missing.",
            f"rank by {TRANSMISSION}, use a model that predicts a Hamiltonian, or accept an error "
            "of orders of magnitude with --conductance_from_grid.",
        )
    if question.rank_by == MEAN_DOS and not knows_dos(predictor):
        raise UsageError(
            f"{MEAN_DOS} of {predictor.name}, which was trained on records without DOS.",
            f"rank by {MEAN_TRANSMISSION}.",
        )


def is_same_from_both_strands(left: Contact, right: Contact, length: int) -> bool:
    """Tell whether two duplexes that are one molecule make one junction as well.

    The contacts stay where they are while the molecule is turned around. The junction is the same
    only if it carries the contacts onto each other or each onto itself, e.g. ``upper:0`` and
    ``lower:0``; T and DOS do not tell left from right.
    """
    one, other = left.ladder_gamma(length), right.ladder_gamma(length)
    turned = one[::-1, ::-1], other[::-1, ::-1]
    return any(
        np.array_equal(first, turned[0]) and np.array_equal(second, turned[1])
        for first, second in ((one, other), (other, one))
    )


def said_of_other_strand(is_same: Collection[bool]) -> str:
    """Whether contacts tell the two writings of a molecule apart, in words, for some lengths."""
    if all(is_same):
        return "a sequence and its reverse complement are the same junction"
    if not any(is_same):
        return "a sequence and its reverse complement are different junctions"
    return "for some lengths, a sequence and its reverse complement are the same junction"


def _is_repeated(codes: NDArray[np.int8], candidates: Candidates) -> NDArray[np.bool_]:
    """Which duplexes are written from their other strand among the candidates, and earlier."""
    flipped = codes[:, ::-1, ::-1]
    difference = (codes - flipped).reshape(len(codes), -1)
    first = (difference != 0).argmax(axis=1)
    is_later: NDArray[np.bool_] = difference[np.arange(len(codes)), first] > 0
    return is_later & candidates.holds(flipped)
