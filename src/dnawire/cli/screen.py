"""``dnawire screen``: the best of many sequences, by a trained model or exactly."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field

import tyro

from dnawire.api.conditions import AskedConditions
from dnawire.api.folder import ResultPlace, result_folder
from dnawire.api.selection import Selection
from dnawire.cli._flags import Messages, parse
from dnawire.cli._progress import reported
from dnawire.errors import EXIT_FINISHED

_logger = logging.getLogger(__name__)


@tyro.conf.configure(tyro.conf.FlagCreatePairsOff)
@dataclass(frozen=True, kw_only=True)
class ScreenFlags(Selection):
    """Compute one quantity of many sequences, and rank them by it."""

    model: tyro.conf.Positional[str]
    """Output folder of a training run, e.g. outputs/hamiltonian; or exact:NAME for the exact
    spectra of a tight-binding parameter set."""

    save_all: bool = False
    """Write the values of all sequences too, not those of the ranking alone."""

    conditions: AskedConditions = field(default_factory=AskedConditions)

    results: ResultPlace = field(default_factory=ResultPlace)

    device: str = "auto"
    """Where the network of a trained model computes: auto, cpu, cuda or cuda:NUMBER; auto is the
    CPU, and a GPU is slow."""

    messages: Messages = field(default_factory=Messages)


def run(arguments: Sequence[str]) -> int:
    """Screen, print the best, write the results, and return the exit code.

    Raises
    ------
    dnawire.errors.DnawireError
        A sequence, contact or energy is impossible, the model cannot be used, or the results
        cannot be written.
    """
    flags = parse(ScreenFlags, arguments, "screen")
    flags.messages.configure()
    from dnawire.api.screening import Screening
    from dnawire.api.screening_files import MEMBERS, SCORES, saved_scores, write_screening
    from dnawire.inference import load_predictor

    candidates = flags.candidates()
    predictor = load_predictor(flags.model, flags.device)
    screening = Screening.prepared(flags, candidates, predictor, flags.conditions)
    with result_folder(flags.results, "screenings", predictor.name, MEMBERS) as folder:
        print("\n".join([*screening.heading, ""]))
        total = screening.num_candidates
        pieces = reported(screening.pieces(), total, "sequences", lambda one: len(one.codes))
        if flags.save_all:
            pieces = saved_scores(pieces, folder.path / SCORES)
        with closing(pieces):
            deque(pieces, maxlen=0)
        write_screening(folder.path, screening)
        published = folder.publish()
    print("\n".join(screening.lines))
    for warning in screening.warnings:
        _logger.warning("warning: %s", warning)
    _logger.info("results: %s", published)
    return EXIT_FINISHED
