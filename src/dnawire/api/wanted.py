"""Which duplexes are asked for: by texts, which may stand for several, or by a file of them."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from dnawire.errors import InvalidDuplexError, UsageError
from dnawire.junction import Alphabet, Duplex, meant_by, read_sequences
from dnawire.predictors import Predictor
from dnawire.tightbinding import available_parameters, load_parameters


class Wanted(NamedTuple):
    """One duplex that is asked for."""

    duplex: Duplex
    name: str = ""
    """Of its record in a file; empty if it has none."""
    pattern: str = ""
    """The text that it is one meaning of; empty if that has no other."""


def wanted(sequence: Duplex | str, predictor: Predictor) -> list[Wanted]:
    """Read a text in the letters of a predictor; one duplex, unless it stands for several.

    Raises
    ------
    UsageError
        If it is no duplex that the predictor knows, or stands for too many.
    """
    if isinstance(sequence, Duplex):
        return [Wanted(sequence)]
    alphabet = predictor.conditions.alphabet
    try:
        return _all_of("", sequence, meant_by(sequence, alphabet))
    except InvalidDuplexError as error:
        remedy = _where_known(sequence, alphabet) or error.remedy
        raise InvalidDuplexError(f"{predictor.name}: {error.problem}", remedy) from error


def as_sequence(sequence: object) -> Duplex | str:
    """Take a text or a duplex.

    Raises
    ------
    UsageError
        It is neither.
    """
    if isinstance(sequence, Duplex | str):
        return sequence
    raise UsageError(
        f"{sequence!r} is no sequence beside others",
        "Give texts like 'ACGT', Duplex objects, or Junction objects alone.",
    )


def wanted_one(sequence: object, predictor: Predictor) -> Duplex:
    """Read a text in the letters of a predictor that stands for one duplex, or take a duplex.

    Raises
    ------
    UsageError
        If it is neither, or stands for several.
    """
    found = wanted(as_sequence(sequence), predictor)
    if len(found) > 1:
        raise UsageError(
            f"{sequence!r} stands for {len(found)} sequences, and is asked as one",
            "Name each of them, or give `predict` all of them.",
        )
    return found[0].duplex


def wanted_of_file(path: Path, predictor: Predictor) -> list[Wanted]:
    """Read all sequences of a file, with the names of their records; see `read_sequences`.

    Raises
    ------
    DnawireError
        If the file cannot be read, or a sequence is no duplex that the predictor knows.
    """
    found: list[Wanted] = []
    for record in read_sequences(path):
        try:
            duplexes = record.meant(predictor.conditions.alphabet)
        except InvalidDuplexError as error:
            remedy = _where_known(record.text, predictor.conditions.alphabet) or error.remedy
            raise InvalidDuplexError(error.problem, remedy) from error
        found += _all_of(record.name, record.text, duplexes)
    return found


def _all_of(name: str, text: str, duplexes: list[Duplex]) -> list[Wanted]:
    pattern = text.strip().upper() if len(duplexes) > 1 else ""
    return [Wanted(duplex, name, pattern) for duplex in duplexes]


def _where_known(text: str, alphabet: Alphabet) -> str:
    """Say which parameter sets of this package know a letter that the predictor does not."""
    for letter in dict.fromkeys(text.upper()):
        sets = {
            f"exact:{name}": base
            for name in available_parameters()
            if (base := load_parameters(name).alphabet.extra_letter(letter))
        }
        if sets and letter not in alphabet.letters:
            (base, *_) = sets.values()
            return (
                f"{letter} is {base.name} in {' and '.join(sets)}: predict with that, or write one "
                f"of {', '.join(alphabet.bases)}."
            )
    return ""
