"""``dnawire series``: conductance against length, and how fast it decays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import tyro

from dnawire.api.conditions import AskedConditions
from dnawire.api.folder import ResultPlace
from dnawire.api.series_options import SeriesOptions
from dnawire.cli._flags import ResultMessages, parse
from dnawire.cli._results import finish
from dnawire.errors import UsageError


@tyro.conf.configure(tyro.conf.FlagCreatePairsOff)
@dataclass(frozen=True, kw_only=True)
class SeriesFlags(SeriesOptions):
    """Compute conductance and T(E_F) of a family of sequences against its length, and fit beta."""

    model: tyro.conf.Positional[str]
    """Output folder of a training run, e.g. outputs/hamiltonian; pretrained:NAME for a model of
    this package; or exact:NAME for the exact spectra of a tight-binding parameter set."""

    pattern: tyro.conf.Positional[str | None] = None
    """The family: the unit that is repeated in parentheses, perhaps between fixed ends, e.g.
    '(GC)n' or 'A(T)nG', with Watson-Crick partners; GC is (GC)n. Or both strands, both 5' to 3', as
    in '(G)n/(_)n', with _ for a missing base."""

    sequences: Path | None = None
    """File of sequences of different lengths in the place of a family: FASTA, a table with a column
    sequence, or a list."""

    conditions: AskedConditions = field(default_factory=AskedConditions)

    results: ResultPlace = field(default_factory=ResultPlace)

    device: str = "auto"
    """Where the network of a trained model computes: auto, cpu, cuda or cuda:NUMBER; auto is the
    CPU, and a GPU is slow."""

    messages: ResultMessages = field(default_factory=ResultMessages)


def run(arguments: Sequence[str]) -> int:
    """Compute the series, print and write it, and return the exit code.

    Raises
    ------
    dnawire.errors.DnawireError
        The family, a contact or an energy is impossible, the model cannot be used, or the results
        cannot be written.
    """
    flags = parse(SeriesFlags, arguments, "series")
    flags.messages.configure()
    if (flags.pattern is None) == (flags.sequences is None):
        raise UsageError(
            "a series is of one family, or of the sequences of a file",
            "Give a pattern, e.g. '(GC)n', or --sequences FILE.",
        )
    from dnawire.api.series import Series
    from dnawire.api.series_family import series_family
    from dnawire.inference import load_predictor

    predictor = load_predictor(flags.model, flags.device)
    family = series_family(flags.pattern or flags.sequences, predictor)
    found = Series.prepared(family, flags, predictor, flags.conditions)
    return finish(found, flags.results, flags.messages)
