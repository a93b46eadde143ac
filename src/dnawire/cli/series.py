"""``dnawire series``: conductance against length, and how fast it decays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import tyro

from dnawire.api.conditions import AskedConditions
from dnawire.api.folder import ResultPlace
from dnawire.api.series_options import SeriesOptions
from dnawire.cli._flags import ResultMessages, parse
from dnawire.cli._results import finish


@tyro.conf.configure(tyro.conf.FlagCreatePairsOff)
@dataclass(frozen=True, kw_only=True)
class SeriesFlags(SeriesOptions):
    """Compute conductance and T(E_F) of a family of sequences against its length, and fit beta."""

    model: tyro.conf.Positional[str]
    """Output folder of a training run, e.g. outputs/hamiltonian; pretrained:NAME for a model of
    this package; or exact:NAME for the exact spectra of a tight-binding parameter set."""

    pattern: tyro.conf.Positional[str]
    """The family: the unit that is repeated in parentheses, perhaps between fixed ends, e.g.
    '(GC)n' or 'A(T)nG', with Watson-Crick partners; GC is (GC)n. Or both strands, both 5' to 3', as
    in '(G)n/(_)n', with _ for a missing base."""

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
    from dnawire.api.series import Series
    from dnawire.inference import load_predictor

    predictor = load_predictor(flags.model, flags.device)
    found = Series.prepared(flags.pattern, flags, predictor, flags.conditions)
    return finish(found, flags.results, flags.messages)
