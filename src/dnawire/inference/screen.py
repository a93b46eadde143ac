"""Many sequences between the same contacts, and which of them are best."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dnawire.data import duplex_texts
from dnawire.errors import UsageError
from dnawire.inference.candidates import Candidates
from dnawire.inference.interpolate import interpolated
from dnawire.inference.remarks import (
    DISCONNECTED,
    Remark,
    conductance_remarks,
    junction_remarks,
    model_remarks,
    summary_remarks,
)
from dnawire.inference.summary import knows_conductance, summarize
from dnawire.junction import LETTERS, Contact, Duplex, Junction, JunctionArrays
from dnawire.predictors import Predictor
from dnawire.transport import Totals

TRANSMISSION: Final = "log10_transmission"
MEAN_TRANSMISSION: Final = "mean_log10_transmission"
MEAN_DOS: Final = "mean_log10_dos"
CONDUCTANCE: Final = "log10_conductance"

CRITERIA: Final[Mapping[str, str]] = {
    TRANSMISSION: "log10 T at the Fermi energy",
    MEAN_TRANSMISSION: "mean log10 T over the window",
    MEAN_DOS: "mean log10 DOS over the window",
    CONDUCTANCE: "log10 G/G0 at the Fermi energy and temperature",
}
"""What sequences can be ranked by, all in decades."""

_VALUES_PER_PIECE: Final = 2**18
_FEWEST: Final = 4
"""Sequences of a piece at least: for several, a predictor may have a faster way."""


@dataclass(frozen=True, eq=False)
class Question:
    """What is asked of every sequence.

    Parameters
    ----------
    left, right
        Contacts; their positions must exist in every duplex.
    energies
        Energies (E,) in eV, increasing; they bound all that is considered.
    window
        First and last energy in eV of the means.
    eta
        Imaginary part of the energy in eV.
    fermi_energy
        In eV; None asks nothing of it.
    temperature
        In K, for the conductance.
    rank_by
        One of `CRITERIA`.
    conductance_from_grid
        Whether a conductance is wanted of a predictor without a Hamiltonian; see `summarize`.

    Raises
    ------
    UsageError
        If the window holds no energy, the Fermi energy lies outside the energies, or the quantity
        needs one that is not given.
    """

    left: Contact
    right: Contact
    energies: NDArray[np.float64]
    window: tuple[float, float]
    eta: float
    fermi_energy: float | None
    temperature: float
    rank_by: str
    conductance_from_grid: bool = False

    def __post_init__(self) -> None:
        low, high = float(self.energies[0]), float(self.energies[-1])
        if not self.in_window.any():
            raise UsageError(
                f"no energy lies in the window from {self.window[0]:g} to {self.window[1]:g} eV: "
                f"there are {len(self.energies)} from {low:g} to {high:g} eV.",
                "widen the window, or choose energies inside it.",
            )
        if self.fermi_energy is None and self.rank_by in (TRANSMISSION, CONDUCTANCE):
            raise UsageError(
                f"{self.rank_by} needs the Fermi energy, which is not given.",
                f"give it in eV (--fermi_energy), or rank by {MEAN_TRANSMISSION}.",
            )
        if self.fermi_energy is not None and not low <= self.fermi_energy <= high:
            raise UsageError(
                f"the Fermi energy {self.fermi_energy:g} eV lies outside the energies, which run "
                f"from {low:g} to {high:g} eV.",
                "choose a Fermi energy inside, or other energies.",
            )

    @property
    def in_window(self) -> NDArray[np.bool_]:
        """Which energies the means go over, (E,)."""
        return (self.energies >= self.window[0]) & (self.energies <= self.window[1])


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
    remarks: list[tuple[Remark, ...]]
    """What is to be said of each."""

    def select(self, rows: NDArray[np.intp]) -> Screened:
        """Some of them."""
        values = {name: one[rows] for name, one in self.values.items()}
        remarks = [self.remarks[row] for row in rows.tolist()]
        return Screened(self.rows[rows], self.codes[rows], self.is_in_order, values, remarks)

    @property
    def texts(self) -> list[str]:
        """Texts of the duplexes."""
        return [text.decode() for text in duplex_texts(self.codes)]

    @property
    def flipped_texts(self) -> list[str]:
        """Texts of the same molecules, written from their other strands."""
        return [text.decode() for text in duplex_texts(self.codes[:, ::-1, ::-1])]


def screen(
    predictor: Predictor, candidates: Candidates, question: Question, *, unique: bool
) -> Iterator[Screened]:
    """Answer a question for many sequences, a few thousand at a time.

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

    Yields
    ------
    Screened
        Candidates of one length, which may not follow each other; see `Screened.rows`.

    Raises
    ------
    UsageError
        If the predictor is bound to other energies or another eta.
    """
    said = _Remarks(predictor, question)
    size = min(_VALUES_PER_PIECE // len(question.energies), max(predictor.at_once, _FEWEST))
    for piece in candidates.pieces(max(1, size)):
        rows, codes = piece.rows, piece.codes
        if unique and is_same_from_both_strands(question.left, question.right, codes.shape[1]):
            is_new = ~_is_repeated(codes, candidates)
            rows, codes = rows[is_new], codes[is_new]
        if len(codes):
            answers, found = _answers(predictor, codes, question)
            remarks = [before + own for before, own in zip(said(codes), found, strict=True)]
            yield Screened(rows, codes, piece.is_in_order, answers, remarks)


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


class _Remarks:
    """Remarks on many duplexes between the contacts of a question; equal ones are made once."""

    def __init__(self, predictor: Predictor, question: Question) -> None:
        self._predictor = predictor
        self._question = question
        self._common = tuple(model_remarks(predictor))
        if question.rank_by == CONDUCTANCE:
            self._common += tuple(conductance_remarks(predictor))
        self._known: dict[tuple[int, int], tuple[Remark, ...]] = {}

    def __call__(self, codes: NDArray[np.int8]) -> list[tuple[Remark, ...]]:
        """Remarks on each of some duplexes, codes (B, L, 2)."""
        pairs = codes[..., 0].astype(np.int64) * len(LETTERS) + codes[..., 1]
        kinds = np.bitwise_or.reduce(1 << pairs, axis=1)
        different, first, which = np.unique(kinds, return_index=True, return_inverse=True)
        found = [
            self._of_kind(kind, codes[row])
            for kind, row in zip(different.tolist(), first.tolist(), strict=True)
        ]
        return [found[number] for number in which.tolist()]

    def _of_kind(self, kind: int, codes: NDArray[np.int8]) -> tuple[Remark, ...]:
        key = len(codes), kind
        if key not in self._known:
            (text,) = duplex_texts(codes[None])
            junction = _junction(text.decode(), self._question)
            self._known[key] = (*self._common, *junction_remarks(self._predictor, junction))
        return self._known[key]


def _junction(text: str, question: Question) -> Junction:
    return Junction(Duplex.parse(text), question.left, question.right)


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


def _is_repeated(codes: NDArray[np.int8], candidates: Candidates) -> NDArray[np.bool_]:
    """Which duplexes are written from their other strand among the candidates, and earlier."""
    flipped = codes[:, ::-1, ::-1]
    difference = (codes - flipped).reshape(len(codes), -1)
    first = (difference != 0).argmax(axis=1)
    is_later: NDArray[np.bool_] = difference[np.arange(len(codes)), first] > 0
    return is_later & candidates.holds(flipped)


def _answers(
    predictor: Predictor, codes: NDArray[np.int8], question: Question
) -> tuple[dict[str, NDArray[np.float64]], list[tuple[Remark, ...]]]:
    """Values of every duplex, and what they tell of it."""
    spectra, energies = _spectra(predictor, codes, question)
    window = np.isin(energies, question.energies[question.in_window])
    values = {
        MEAN_TRANSMISSION: spectra.log10_transmission[:, window].mean(axis=1),
        MEAN_DOS: spectra.log10_dos[:, window].mean(axis=1),
    }
    if question.fermi_energy is not None:
        values[TRANSMISSION] = interpolated(
            energies, spectra.log10_transmission, question.fermi_energy
        )
    if question.rank_by == CONDUCTANCE:
        values[CONDUCTANCE], remarks = _conductances(predictor, codes, question)
        return values, remarks
    vanishing = np.isneginf(spectra.log10_transmission.max(axis=1)).tolist()
    return values, [(DISCONNECTED,) if vanishes else () for vanishes in vanishing]


def _spectra(
    predictor: Predictor, codes: NDArray[np.int8], question: Question
) -> tuple[Totals[NDArray[np.float64]], NDArray[np.float64]]:
    """Spectra, and their energies: with the Fermi energy, if the predictor knows all energies."""
    shape = codes.shape
    junctions = JunctionArrays(
        codes,
        np.broadcast_to(question.left.ladder_gamma(shape[1]), shape).copy(),
        np.broadcast_to(question.right.ladder_gamma(shape[1]), shape).copy(),
    )
    energies = question.energies
    if question.fermi_energy is not None and predictor.knows_all_energies:
        energies = np.union1d(energies, [question.fermi_energy])
    return predictor.totals(junctions, energies, question.eta), energies


def _conductances(
    predictor: Predictor, codes: NDArray[np.int8], question: Question
) -> tuple[NDArray[np.float64], list[tuple[Remark, ...]]]:
    """log10 G/G0 of each duplex as `summarize` finds it, and what is to be said of it."""
    quanta, remarks = np.empty(len(codes)), []
    for row, text in enumerate(duplex_texts(codes)):
        junction = _junction(text.decode(), question)
        record = predictor.predict([junction], question.energies, question.eta)[0]
        summary = summarize(
            predictor,
            record,
            question.fermi_energy,
            question.temperature,
            conductance_from_grid=question.conductance_from_grid,
        )
        assert summary.at_fermi_energy is not None
        quanta[row] = summary.at_fermi_energy.conductance.conductance_quanta
        remarks.append(tuple(summary_remarks(summary)))
    with np.errstate(divide="ignore"):
        return np.log10(quanta), remarks
