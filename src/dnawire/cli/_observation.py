"""What the commands for observables share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import tyro

from dnawire.api.folder import ResultPlace
from dnawire.cli._flags import ResultMessages
from dnawire.cli._results import finish
from dnawire.cli._sequences import SequenceFlags

if TYPE_CHECKING:
    from dnawire.api.observation import Observation


@tyro.conf.configure(tyro.conf.FlagCreatePairsOff)
@dataclass(frozen=True, kw_only=True)
class ObservationFlags(SequenceFlags):
    """Who is asked, of what, and where the results go."""

    results: ResultPlace = field(default_factory=ResultPlace)

    device: str = "auto"
    """Where the network of a trained model computes: auto, cpu, cuda or cuda:NUMBER; auto is the
    CPU, and a GPU is slow."""

    messages: ResultMessages = field(default_factory=ResultMessages)


def observe(kind: type[Observation[Any, Any]], question: Any, flags: ObservationFlags) -> int:  # noqa: ANN401
    """Ask a model, print the table, write the results, and return the exit code.

    Parameters
    ----------
    kind
        What is asked for.
    question
        The flags as the question of that kind.
    flags
        The same flags.

    Raises
    ------
    dnawire.errors.DnawireError
        A sequence, contact or value is impossible, the model cannot be used, or the results cannot
        be written.
    """
    from dnawire.inference import load_predictor

    flags.check()
    question.check_model(flags.model)
    predictor = load_predictor(flags.model, flags.device)
    observation = kind.prepared(flags.wanted(predictor), predictor, flags.device, question)
    return finish(observation, flags.results, flags.messages)
