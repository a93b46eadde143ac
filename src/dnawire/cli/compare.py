"""``dnawire compare``: spectra of several models on the same sequences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import tyro

from dnawire.api.conditions import AskedConditions
from dnawire.api.folder import ResultPlace
from dnawire.cli._flags import ResultMessages, parse
from dnawire.cli._results import finish
from dnawire.cli._sequences import all_of_words, check_words
from dnawire.errors import UsageError


@tyro.conf.configure(tyro.conf.FlagCreatePairsOff)
@dataclass(frozen=True)
class CompareFlags:
    """Compare the spectra of several models on the same sequences.

    What is not given is taken from the training of the models, where they agree.
    """

    words: tyro.conf.Positional[tuple[str, ...]]
    """Models and sequences, in any order: output folders of training runs, pretrained:NAME and
    exact:NAME; upper strands, 5' to 3', or UPPER/LOWER. A word of letters of bases alone is a
    sequence: write ./NAME for a folder that is called like one."""

    sequences: Path | None = None
    """File of more of them, with their names: FASTA, a table with a column sequence, or a list."""

    zeros: tuple[float, ...] = ()
    """Energy of each model in eV, in their order, that counts as zero: energies and Fermi energy
    are then counted from it. For models whose own zeros differ."""

    conditions: AskedConditions = field(default_factory=AskedConditions)

    results: ResultPlace = field(default_factory=ResultPlace)

    device: str = "auto"
    """Where the network of a trained model computes: auto, cpu, cuda or cuda:NUMBER; auto is the
    CPU, and a GPU is slow."""

    messages: ResultMessages = field(default_factory=ResultMessages)


def run(arguments: Sequence[str]) -> int:
    """Compare, print and write the differences, and return the exit code.

    Raises
    ------
    dnawire.errors.DnawireError
        A sequence, contact or energy is impossible, a model cannot be used, the models cannot be
        compared, or the results cannot be written.
    """
    flags = parse(CompareFlags, arguments, "compare")
    flags.messages.configure()
    from dnawire.api.comparison import ModelComparison, check_number
    from dnawire.inference import load_predictor

    texts = [word for word in flags.words if _is_sequence(word)]
    models = [word for word in flags.words if word not in texts]
    check_words(texts, flags.sequences)
    predictors = [load_predictor(one, flags.device) for one in models]
    check_number(predictors)
    found = all_of_words(texts, flags.sequences, *predictors)
    compared = ModelComparison.prepared(predictors, found, flags.conditions, flags.zeros)
    return finish(compared, flags.results, flags.messages)


def _is_sequence(word: str) -> bool:
    """Whether a word is a sequence, and no model.

    Raises
    ------
    UsageError
        It may be both.
    """
    from dnawire.junction import BASES, IUPAC, MISSING
    from dnawire.tightbinding import available_parameters, load_parameters

    alphabets = (load_parameters(one).alphabet.letters for one in available_parameters())
    letters = {MISSING, *IUPAC, *"".join(alphabets)}
    if not word or not set(word.upper()) <= letters | set("/'-53 "):
        return False
    # Words like "standard" and "data" have letters of bases alone.
    is_name = word.islower() and not set(word.upper()) <= {*BASES, MISSING, "/"}
    if is_name or Path(word).exists():
        raise UsageError(
            f"'{word}' may be a sequence or the name of a model",
            f"Write ./{word} for the model in that folder, {word.upper()} for the sequence"
            + (", or that in a file of --sequences." if Path(word).exists() else "."),
        )
    return True
