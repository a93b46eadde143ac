"""``dnawire design``: sequences with a wanted conductance, T(E) or contrast."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import tyro

from dnawire.api.conditions import AskedConditions
from dnawire.api.design_question import DesignQuestion
from dnawire.api.folder import ResultPlace
from dnawire.cli._flags import ResultMessages, parse
from dnawire.cli._results import finish


@tyro.conf.configure(tyro.conf.FlagCreatePairsOff)
@dataclass(frozen=True, kw_only=True)
class DesignFlags(DesignQuestion):
    """Find sequences with a wanted conductance, T(E) or contrast.

    All sequences that keep the rules are computed if there are no more than --evaluations;
    otherwise an evolution with restarts chooses which ones. After Ctrl+C, or a signal that asks for
    a stop, what was found so far is written.
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
    """
    flags = parse(DesignFlags, arguments, "design")
    flags.messages.configure()
    from dnawire.api.design import Design
    from dnawire.inference import load_predictor

    predictor = load_predictor(flags.model, flags.device)
    design = Design.prepared(flags, predictor, flags.conditions)
    return finish(design, flags.results, flags.messages)
