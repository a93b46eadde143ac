"""``dnawire fit``: what measured conductances tell of Fermi energy, contacts and dephasing."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import tyro

from dnawire.api.fit_question import FitQuestion
from dnawire.api.folder import ResultPlace, result_folder
from dnawire.cli._flags import ResultMessages, parse
from dnawire.errors import EXIT_FINISHED

_logger = logging.getLogger(__name__)

_SILENT = 2.0
"""Seconds between two lines on the progress."""


@tyro.conf.configure(tyro.conf.FlagCreatePairsOff)
@dataclass(frozen=True, kw_only=True)
class FitFlags(FitQuestion):
    """Fit Fermi energy, couplings, dephasing and hoppings to a table of measured conductances.

    Least squares in log10 G from several starts. Intervals are those of the profiles of chi^2; what
    the data do not determine is said by name. The model must know a Hamiltonian of one orbital per
    base. Contacts that are not given are those of the training of the model.
    """

    model: tyro.conf.Positional[str]
    """Output folder of a training run, e.g. outputs/hamiltonian; pretrained:NAME for a model of
    this package; or exact:NAME for a tight-binding parameter set."""

    table: tyro.conf.Positional[str]
    """Table with columns sequence, conductance_nS (or another unit) and perhaps error_decades,
    temperature_K and name; or published:NAME for one of this package."""

    results: ResultPlace = field(default_factory=ResultPlace)

    device: str = "auto"
    """Where the network of a trained model computes: auto, cpu, cuda or cuda:NUMBER; auto is the
    CPU, and a GPU is slow."""

    messages: ResultMessages = field(default_factory=ResultMessages)


def run(arguments: Sequence[str]) -> int:
    """Fit, print tables, write the results, and return the exit code.

    Raises
    ------
    dnawire.errors.DnawireError
        The table or a value is impossible, the model cannot be used, or the results cannot be
        written.
    """
    flags = parse(FitFlags, arguments, "fit")
    flags.messages.configure()
    from dnawire.api.fit_preparation import FitPreparation
    from dnawire.api.fit_result import Fit
    from dnawire.inference import solve

    prepared = FitPreparation.of(flags.table, flags.model, flags.device, flags)
    name = prepared.predictor.name
    with result_folder(flags.results, Fit.stem, name, Fit.members()) as folder:
        progress = _progress(prepared.num_steps)
        found = Fit(prepared, solve(prepared.problem, prepared.settings, progress))
        # Results first: who reads only the head of the table ends the process.
        found.write(folder.path)
        published = folder.publish()
    lines = [*found.heading, *found.table_lines]
    flags.messages.show_result(lines, found.heading, found.summary(), found.warnings)
    for warning in found.warnings:
        _logger.warning("warning: %s", warning)
    _logger.info("results: %s", published)
    return EXIT_FINISHED


def _progress(total: int) -> Callable[[], None]:
    """What tells how far a fit is, where that takes long."""
    start = time.monotonic()
    done, told = 0, start

    def tell() -> None:
        nonlocal done, told
        done += 1
        now = time.monotonic()
        if now - told >= _SILENT and done < total:
            told, left = now, (now - start) / done * (total - done)
            _logger.info("step %d of %d, about %.0f s left", done, total, left)

    return tell
