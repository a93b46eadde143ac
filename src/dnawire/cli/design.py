"""``dnawire design``: sequences with a wanted conductance, T(E) or contrast."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import tyro

from dnawire.api.conditions import AskedConditions
from dnawire.api.design_question import DesignQuestion
from dnawire.api.folder import ResultPlace, result_folder
from dnawire.cli._flags import ResultMessages, parse
from dnawire.cluster import signals
from dnawire.errors import EXIT_FINISHED, EXIT_INTERRUPTED

if TYPE_CHECKING:
    from dnawire.api.design import Design

_logger = logging.getLogger(__name__)

_SILENT = 2.0
"""Seconds between two lines on the progress."""


@tyro.conf.configure(tyro.conf.FlagCreatePairsOff)
@dataclass(frozen=True, kw_only=True)
class DesignFlags(DesignQuestion):
    """Find sequences with a wanted conductance, T(E) or contrast.

    All sequences that keep the rules are computed if there are no more than --evaluations;
    otherwise an evolution with restarts chooses which ones. Ctrl+C writes what was found so far.
    """

    model: tyro.conf.Positional[str]
    """Output folder of a training run, e.g. outputs/hamiltonian; pretrained:NAME for a model of
    this package; or exact:NAME for a tight-binding parameter set."""

    conditions: AskedConditions = field(default_factory=AskedConditions)

    results: ResultPlace = field(default_factory=ResultPlace)

    device: str = "auto"
    """Where the network of a trained model computes: auto, cpu, cuda or cuda:NUMBER; auto is the
    CPU, and a GPU is slow."""

    messages: ResultMessages = field(default_factory=ResultMessages)


def run(arguments: Sequence[str]) -> int:
    """Search, print the best, write the results, and return the exit code.

    Raises
    ------
    dnawire.errors.DnawireError
        Target, rules or conditions are impossible, the model cannot be used, or the results cannot
        be written.
    KeyboardInterrupt
        A Ctrl+C came before anything was found.
    """
    flags = parse(DesignFlags, arguments, "design")
    flags.messages.configure()
    from dnawire.api.design import Design
    from dnawire.api.design_files import BELOW, MEMBERS, write_design
    from dnawire.inference import load_predictor

    predictor = load_predictor(flags.model, flags.device)
    design = Design.prepared(flags, predictor, flags.conditions)
    with result_folder(flags.results, BELOW, predictor.name, MEMBERS) as folder:
        flags.messages.show([*design.heading, ""])
        exit_code = _work(design)
        write_design(folder.path, design)
        published = folder.publish()
    flags.messages.show_result(design.lines, design.heading, design.table(), design.warnings)
    for warning in design.warnings:
        _logger.warning("warning: %s", warning)
    _logger.info("results: %s", published)
    return exit_code


def _work(design: Design) -> int:
    """Search to the end or to a Ctrl+C, and return the exit code."""
    try:
        with signals.keyboard_interrupts():
            _search(design)
    except KeyboardInterrupt:
        if not len(design):
            raise
        signals.interrupted()
        _logger.warning("interrupted: what was found so far is written")
        return EXIT_INTERRUPTED
    return EXIT_FINISHED


def _search(design: Design) -> None:
    """Do all steps, and say how far it is where that takes long; with -v after each."""
    start = told = time.monotonic()
    for _ in design.steps():
        now, done = time.monotonic(), max(design.found.evaluations, 1)
        is_long = now - told >= _SILENT
        told = now if is_long else told
        left = (now - start) / done * (design.num_planned - done)
        _logger.log(
            logging.INFO if is_long else logging.DEBUG,
            "%d of %d sequences, %s, about %.0f s left",
            done, design.num_planned, design.state, left,
        )  # fmt: skip
