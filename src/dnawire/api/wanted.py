"""Which duplexes are asked for: by texts, which may stand for several, or by a file of them."""

from __future__ import annotations

from collections.abc import Iterable
from os.path import isfile
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

from dnawire.errors import InvalidDuplexError, UsageError
from dnawire.junction import Alphabet, Duplex, Junction, meant_by, read_sequences
from dnawire.predictors import Predictor
from dnawire.scalars import checked_row
from dnawire.structures.coordinates import suffix_of
from dnawire.tightbinding import available_parameters, load_parameters

DuplexLike: TypeAlias = Duplex | Junction | str
DuplexesLike: TypeAlias = DuplexLike | Iterable[DuplexLike] | Path

_REMEDY: Final = (
    "Give texts like 'ACGT', Duplex objects, Junction objects alone, or the pathlib.Path of a file."
)


_SEQUENCES: Final = frozenset({".fa", ".fasta", ".fna", ".csv", ".tsv", ".txt", ".gz", ".seq"})
"""Ends of the names of files that people keep sequences in."""


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
        if _is_file(sequence):
            raise UsageError(
                f"'{sequence}' is a file, and no sequence", _remedy_of_file(sequence)
            ) from error
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
        _REMEDY,
    )


def wanted_alone(sequence: object, predictor: Predictor) -> Wanted:
    """Read one text or duplex, which must not stand for several.

    Raises
    ------
    UsageError
        It is no sequence that the predictor knows, or stands for several.
    """
    found = wanted(as_sequence(sequence), predictor)
    if len(found) > 1:
        raise UsageError(
            f"{sequence!r} stands for {len(found)} sequences, which are no single result",
            f"Give it in a list for all of them: [{sequence!r}].",
        )
    return found[0]


def sequence_list(sequences: object) -> list[Any]:
    """Several sequences as they are, and one in a list.

    Raises
    ------
    UsageError
        There is none.
    """
    if isinstance(sequences, str | Duplex | Junction):
        return [sequences]
    found = list(checked_row("sequences", sequences, _REMEDY))
    if not found:
        raise UsageError("there is no sequence to be asked for", _REMEDY)
    return found


def junctions_or_wanted(sequences: object, predictor: Predictor) -> list[Junction] | list[Wanted]:
    """Junctions alone, which have contacts of their own, as they are; else as `all_wanted`.

    Raises
    ------
    DnawireError
        See `all_wanted`.
    """
    if isinstance(sequences, Path):
        return all_wanted(sequences, predictor)
    found = sequence_list(sequences)
    if all(isinstance(one, Junction) for one in found):
        return found
    return all_wanted(found, predictor)


def all_wanted(sequences: object, *predictors: Predictor) -> list[Wanted]:
    """Read all duplexes that are asked for: the one way in of sequences.

    Parameters
    ----------
    sequences
        One text or duplex, or several; a text with IUPAC letters asks for all that it stands for.
        A path is a file of sequences, see `read_sequences`.
    *predictors
        Who is asked: each must know all letters.

    Raises
    ------
    DnawireError
        One is no duplex that they know, there is none, or the file cannot be read.
    """
    if isinstance(sequences, Path):
        found = [wanted_of_file(sequences, one) for one in predictors]
    else:
        texts = [as_sequence(one) for one in sequence_list(sequences)]
        found = [[one for text in texts for one in wanted(text, each)] for each in predictors]
    return found[0]


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


def _is_file(text: str) -> bool:
    """Whether a text that is no sequence names a file, rather than a sequence with a dot."""
    path = Path(text)
    return path.suffix.lower() in _SEQUENCES or suffix_of(path) is not None or isfile(path)


def _remedy_of_file(name: str) -> str:
    if suffix_of(Path(name)) is not None:
        return "Give its atoms to dw.ensemble, which predicts geometries."
    return f"Give its sequences as pathlib.Path({name!r})."


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
