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


@tyro.conf.configure(tyro.conf.FlagCreatePairsOff)
@dataclass(frozen=True)
class CompareFlags:
    """Compare the spectra of several models on the same sequences.

    What is not given is taken from the training of the models, where they agree.
    """

    words: tyro.conf.Positional[tuple[str, ...]]
    """Models and sequences, in any order: output folders of training runs, pretrained:NAME and
    exact:NAME; upper strands, 5' to 3', or UPPER/LOWER. What exists as a folder is a model."""

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
    from dnawire.api.comparison import ModelComparison
    from dnawire.errors import InvalidDuplexError
    from dnawire.inference import load_predictor
    from dnawire.junction import Duplex

    models, duplexes = [], []
    for word in flags.words:
        try:
            if Path(word).exists():
                models.append(word)
            else:
                duplexes.append(Duplex.parse(word))
        except InvalidDuplexError:
            models.append(word)
    predictors = [load_predictor(one, flags.device) for one in models]
    compared = ModelComparison.prepared(predictors, duplexes, flags.conditions, flags.zeros)
    return finish(compared, flags.results, flags.messages)
