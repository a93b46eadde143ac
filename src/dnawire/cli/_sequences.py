"""Which sequences a command is asked of: words, a file, or both."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import tyro

from dnawire.errors import UsageError
from dnawire.files.paths import is_file

if TYPE_CHECKING:
    from dnawire.api.wanted import Wanted
    from dnawire.predictors import Predictor

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class SequenceFlags:
    """Who is asked, and of what."""

    model: tyro.conf.Positional[str]
    """Output folder of a training run, e.g. outputs/hamiltonian; pretrained:NAME for a model of
    this package, e.g. pretrained:xtb; or exact:NAME for the exact spectra of a tight-binding
    parameter set, exact:FILE.toml for one of your own, with the contacts that `dnawire generate`
    takes. A folder that holds several runs, or members:RUN1,RUN2, is their mean with its spread."""

    duplexes: tyro.conf.Positional[tuple[str, ...]]
    """Upper strands, 5' to 3', with their Watson-Crick partners; or UPPER/LOWER, both 5' to 3',
    with _ for a missing base. A letter that stands for several bases (N, R, Y, ...) asks for all
    of them."""

    sequences: Path | None = None
    """File of more of them, with their names: FASTA, a table with a column sequence, or a list."""

    def check(self) -> None:
        """Refuse to be asked of nothing, and files among the words.

        Raises
        ------
        UsageError
            It is so.
        """
        check_words(self.duplexes, self.sequences)

    def wanted(self, *predictors: Predictor) -> list[Wanted]:
        """All duplexes that the words and the file ask for; see `all_of_words`."""
        return all_of_words(self.duplexes, self.sequences, *predictors)


def check_words(words: Sequence[str], file: Path | None) -> None:
    """Refuse to be asked of nothing, and files among the words.

    Raises
    ------
    UsageError
        It is so.
    """
    if not words and file is None:
        raise UsageError(
            "there is no sequence to be asked for",
            "Give at least one behind the model, e.g. exact:kordas2025 GATTACA, or a file of them "
            "with --sequences.",
        )
    for word in words:
        if is_file(word):
            raise UsageError(f"'{word}' is a file, and no sequence", _remedy_of_file(word))


def _remedy_of_file(word: str) -> str:
    from dnawire.structures.coordinates import suffix_of

    if suffix_of(Path(word)) is not None:
        return f"Give its atoms to a model of geometries: dnawire ensemble MODEL {word}"
    return f"Give its sequences with --sequences {word}."


def all_of_words(words: Sequence[str], file: Path | None, *predictors: Predictor) -> list[Wanted]:
    """All duplexes that some words and a file ask for, in their order.

    Raises
    ------
    DnawireError
        One is no duplex that the predictors know, or the file cannot be read.
    """
    from dnawire.api.wanted import all_wanted

    found = all_wanted(words, *predictors) if words else []
    found += all_wanted(file, *predictors) if file is not None else []
    for pattern, number in Counter(one.pattern for one in found if one.pattern).items():
        _logger.info("%s stands for %d sequences", pattern, number)
    return found
