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


@tyro.conf.configure(tyro.conf.FlagCreatePairsOff)
@dataclass(frozen=True, kw_only=True)
class ScanFlags(ScanOptions):
    """Compute and rank the effect of every single mutation, mismatch and missing base."""

    model: tyro.conf.Positional[str]
    """Output folder of a training run, e.g. outputs/hamiltonian; pretrained:NAME for a model of
    this package; or exact:NAME for the exact spectra of a tight-binding parameter set."""

    sequence: tyro.conf.Positional[str]
    """Upper strand, 5' to 3', with its Watson-Crick partner; or UPPER/LOWER, both 5' to 3', with _
    for a missing base."""

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
    from dnawire.api.scan import Scan
    from dnawire.inference import load_predictor
    from dnawire.junction import Duplex

    duplex = Duplex.parse(flags.sequence)
    predictor = load_predictor(flags.model, flags.device)
    found = Scan.prepared(duplex, flags, predictor, flags.conditions)
    return finish(found, flags.results, flags.messages)
