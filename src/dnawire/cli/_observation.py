"""What the commands for observables share."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import tyro

from dnawire.api.folder import ResultPlace
from dnawire.cli._flags import ResultMessages
from dnawire.cli._results import finish
from dnawire.errors import UsageError
from dnawire.files.paths import is_file

if TYPE_CHECKING:
    from dnawire.api.observation import Observation

_logger = logging.getLogger(__name__)


@tyro.conf.configure(tyro.conf.FlagCreatePairsOff)
@dataclass(frozen=True, kw_only=True)
class ObservationFlags:
    """Who is asked, of what, and where the results go."""

    model: tyro.conf.Positional[str]
    """Output folder of a training run, e.g. outputs/hamiltonian; pretrained:NAME for a model of
    this package; or exact:NAME for a tight-binding parameter set."""

    sequences: tyro.conf.Positional[tuple[str, ...]]
    """Upper strands, 5' to 3', with their Watson-Crick partners; or UPPER/LOWER, both 5' to 3',
    with _ for a missing base."""

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
    for word in flags.sequences:
        if is_file(word):
            raise UsageError(f"'{word}' is a file, and no sequence", "Give sequences.")
    observation = kind.prepared(flags.sequences, flags.model, flags.device, question)
    return finish(observation, flags.results, flags.messages)
