"""What the commands with a result share: progress, the table, warnings, files."""

from __future__ import annotations

import logging
from collections import deque
from typing import TYPE_CHECKING

from dnawire.api.folder import ResultPlace, result_folder
from dnawire.api.result import Result, Stoppable
from dnawire.cli._progress import reported
from dnawire.cluster.stop_request import StopRequest
from dnawire.errors import EXIT_FINISHED

if TYPE_CHECKING:
    from dnawire.cli._flags import ResultMessages

_logger = logging.getLogger(__name__)


def finish(result: Result, place: ResultPlace, messages: ResultMessages) -> int:
    """Complete what was prepared, write it, print it, and return the exit code.

    What can be stopped ends after the step in which a Ctrl+C or another signal comes, and what it
    has until then is written if it is worth that.

    Raises
    ------
    DnawireError
        It cannot be computed, or its files cannot be written.
    """
    with result_folder(place, result.below, result.name, result.members) as folder:
        exit_code = _computed(result)
        if isinstance(result, Stoppable) and not result.is_presentable:
            return exit_code
        result.write(folder.path)
        published = folder.publish()
    table, notes = result.table(), result.lines
    messages.show_result(result.text, result.heading, table, result.warnings, notes)
    for warning in result.warnings:
        _logger.warning("warning: %s", warning)
    _logger.info("results: %s", published)
    return exit_code


def _computed(result: Result) -> int:
    """Do all steps, or those until a request to stop, and return the exit code."""
    steps = reported(
        result.steps(),
        result.num_steps,
        result.unit,
        size=lambda _: result.last_step,
        state=lambda: result.state,
    )
    if not isinstance(result, Stoppable):
        deque(steps, maxlen=0)
        return EXIT_FINISHED
    with StopRequest() as request:
        for _ in steps:
            if request.requested and not result.is_complete:
                _logger.warning("stopped: %s", result.said_of_stop)
                return request.exit_code
    return EXIT_FINISHED
