"""``dnawire scan``: what every change of one base pair does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import tyro

from dnawire.api.conditions import AskedConditions
from dnawire.api.folder import ResultPlace
from dnawire.api.scan_options import ScanOptions
from dnawire.cli._flags import ResultMessages, parse
from dnawire.cli._results import finish
from dnawire.cli._sequences import SequenceFlags


@tyro.conf.configure(tyro.conf.FlagCreatePairsOff)
@dataclass(frozen=True, kw_only=True)
class ScanFlags(ScanOptions, SequenceFlags):
    """Compute and rank the effect of every single mutation, mismatch and missing base."""

    conditions: AskedConditions = field(default_factory=AskedConditions)

    results: ResultPlace = field(default_factory=ResultPlace)

    device: str = "auto"
    """Where the network of a trained model computes: auto, cpu, cuda or cuda:NUMBER; auto is the
    CPU, and a GPU is slow."""

    messages: ResultMessages = field(default_factory=ResultMessages)


def run(arguments: Sequence[str]) -> int:
    """Scan, print and write the effects, and return the exit code.

    Raises
    ------
    dnawire.errors.DnawireError
        The sequence, a contact or an energy is impossible, the model cannot be used, or the results
        cannot be written.
    """
    flags = parse(ScanFlags, arguments, "scan")
    flags.messages.configure()
    flags.check()
    from dnawire.api.scan import Scan
    from dnawire.api.scans import Scans
    from dnawire.inference import load_predictor

    predictor = load_predictor(flags.model, flags.device)
    asked = flags, predictor, flags.conditions
    found = flags.wanted(predictor)
    if len(found) == 1 and not found[0].name:
        return finish(Scan.prepared(found[0].duplex, *asked), flags.results, flags.messages)
    return finish(Scans.prepared(found, *asked), flags.results, flags.messages)
