"""``dnawire disorder``: distribution of the conductance over static disorder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import tyro

from dnawire.api.questions import DisorderQuestion
from dnawire.cli._flags import parse
from dnawire.cli._observation import ObservationFlags, observe


@tyro.conf.configure(tyro.conf.FlagCreatePairsOff)
@dataclass(frozen=True, kw_only=True)
class DisorderFlags(ObservationFlags, DisorderQuestion):
    """Draw static disorder, and compute how the conductance of sequences is distributed.

    The model must know a Hamiltonian of one orbital per base. Contacts that are not given are those
    of the training of the model.
    """


def run(arguments: Sequence[str]) -> int:
    """Compute, print a table, write the results, and return the exit code.

    Raises
    ------
    dnawire.errors.DnawireError
        See `observe`.
    """
    flags = parse(DisorderFlags, arguments, "disorder")
    flags.messages.configure()
    from dnawire.api.disorder import DisorderEnsemble

    return observe(DisorderEnsemble, flags, flags)
