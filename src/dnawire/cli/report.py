"""``dnawire report``: training runs and an explorer as one HTML file."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import tyro

from dnawire.cli._flags import ResultMessages, parse
from dnawire.errors import EXIT_FINISHED

_logger = logging.getLogger(__name__)


@tyro.conf.configure(tyro.conf.FlagCreatePairsOff)
@dataclass(frozen=True)
class ReportFlags:
    """Write one HTML file on training runs, with an explorer of tight-binding sets.

    It opens in a browser without a network, and can be passed on.
    """

    targets: tyro.conf.Positional[tuple[str, ...]]
    """Output folders of runs, finished or not, e.g. outputs/hamiltonian; and exact:NAME or
    exact:FILE.toml, sets that the explorer begins with, which alone make a page without runs."""

    output: Path = Path("report.html")
    """File to write."""

    overwrite: bool = False
    """Replace what is there."""

    messages: ResultMessages = field(default_factory=ResultMessages)


def run(arguments: Sequence[str]) -> int:
    """Write the page, say what it is about, and return the exit code.

    Raises
    ------
    dnawire.errors.DnawireError
        A folder holds no run, a file of one is damaged, there is no such set, or the file exists or
        cannot be written.
    """
    flags = parse(ReportFlags, arguments, "report")
    flags.messages.configure()
    from dnawire.api.report import report
    from dnawire.api.target import check_target

    check_target(flags.output, overwrite=flags.overwrite)
    made = report(*flags.targets)
    path = made.save(flags.output, overwrite=flags.overwrite)
    flags.messages.show_result(made.lines, [], made.table(), made.warnings, made.lines[-1:])
    for warning in made.warnings:
        _logger.warning("warning: %s", warning)
    _logger.info("report: %s", path)
    return EXIT_FINISHED
