"""Letters that stand for several bases, and all duplexes that a text with such letters means."""

from __future__ import annotations

from itertools import product
from math import prod
from typing import Final

from dnawire.errors import UsageError
from dnawire.junction.alphabet import DNA, IUPAC, Alphabet
from dnawire.junction.duplex import Duplex, check_written

MOST_MEANT: Final = 1024
"""Most duplexes that one text may mean."""


def meant_by(text: str, alphabet: Alphabet = DNA) -> list[Duplex]:
    """Read all duplexes that a text means, in alphabetical order.

    Parameters
    ----------
    text
        As `Duplex.parse` reads it; each IUPAC letter (N, R, Y, ...) stands for each of its bases,
        whatever the others stand for. A strand that is not written follows the other one.
    alphabet
        Letters that may occur beside them.

    Returns
    -------
    list of Duplex
        One, if the text has no such letter.

    Raises
    ------
    InvalidDuplexError
        If a letter is unknown.
    UsageError
        If they are more than `MOST_MEANT`.
    """
    choices = [IUPAC.get(letter.upper(), letter) for letter in text]
    count = prod(map(len, choices))
    if count == 1:
        return [Duplex.parse(text, alphabet)]
    check_written(text, alphabet)
    if count > MOST_MEANT:
        raise UsageError(
            f"'{text}' stands for {count:.4g} sequences; at most {MOST_MEANT} are predicted one by "
            "one.",
            "fix more of its letters to A, C, G or T, or rank all of them: dnawire screen MODEL "
            "--pattern.",
        )
    return [Duplex.parse("".join(letters), alphabet) for letters in product(*choices)]
