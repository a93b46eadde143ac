"""``dnawire runs``: training runs side by side."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import tyro

from dnawire.api.folder import ResultPlace
from dnawire.cli._flags import ResultMessages, parse
from dnawire.errors import EXIT_FINISHED

_logger = logging.getLogger(__name__)


@tyro.conf.configure(tyro.conf.FlagCreatePairsOff)
@dataclass(frozen=True)
class RunsFlags:
    """Compare training runs, finished or not: settings that differ, learning curves, scores."""

    runs: tyro.conf.Positional[tuple[Path, ...]]
    """Output folders of runs, e.g. outputs/sweep/*."""

    results: ResultPlace = field(default_factory=ResultPlace)

    messages: ResultMessages = field(default_factory=ResultMessages)


def run(arguments: Sequence[str]) -> int:
    """Compare, print tables, write the results, and return the exit code.

    Raises
    ------
    dnawire.errors.DnawireError
        A folder holds no run, a file of one is damaged, or the results cannot be written.
    """
    flags = parse(RunsFlags, arguments, "runs")
    flags.messages.configure()
    from dnawire.api.compare_runs import compare_runs

    comparison = compare_runs(*flags.runs)
    folder = comparison.save(flags.results.output, overwrite=flags.results.overwrite)
    flags.messages.show_result(comparison.lines, [], comparison.table(), comparison.warnings)
    for warning in comparison.warnings:
        _logger.warning("warning: %s", warning)
    _logger.info("results: %s", folder)
    return EXIT_FINISHED
