"""``dnawire calibrate``: intervals of an ensemble from the errors on records held out."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import tyro

from dnawire.api.calibrate_options import CalibrateOptions
from dnawire.cli._flags import Messages, parse
from dnawire.cli._progress import reported
from dnawire.errors import EXIT_FINISHED

_logger = logging.getLogger(__name__)


@tyro.conf.configure(tyro.conf.FlagCreatePairsOff)
@dataclass(frozen=True, kw_only=True)
class CalibrateFlags(CalibrateOptions):
    """Give an ensemble intervals: from its errors on records that no member has learned from.

    Writes calibration.json into the folder of the members.
    """

    model: tyro.conf.Positional[str]
    """Folder that holds the runs, e.g. outputs/members."""

    device: str = "auto"
    """Where the network of a trained model computes: auto, cpu, cuda or cuda:NUMBER; auto is the
    CPU, and a GPU is slow."""

    messages: Messages = field(default_factory=Messages)


def run(arguments: Sequence[str]) -> int:
    """Calibrate, print a table, write the calibration, and return the exit code.

    Raises
    ------
    dnawire.errors.DnawireError
        The model is no folder of members, the records do not fit or are too few, or the file cannot
        be written.
    """
    flags = parse(CalibrateFlags, arguments, "calibrate")
    flags.messages.configure()
    from dnawire.api.calibrate import Calibrating

    found = Calibrating.prepared(flags.model, flags.device, flags)
    deque(reported(found.steps(), found.num_steps, "records"), maxlen=0)
    found.write()
    print(repr(found))
    for warning in found.warnings:
        _logger.warning("warning: %s", warning)
    _logger.info("results: %s", found.path)
    return EXIT_FINISHED
