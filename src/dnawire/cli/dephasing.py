"""``dnawire dephasing``: conductance with probes that break the phase of carriers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import tyro

from dnawire.api.questions import DephasingQuestion
from dnawire.cli._flags import parse
from dnawire.cli._observation import ObservationFlags, observe


@tyro.conf.configure(tyro.conf.FlagCreatePairsOff)
@dataclass(frozen=True, kw_only=True)
class DephasingFlags(ObservationFlags, DephasingQuestion):
    """Compute the conductance of sequences with Buettiker probes of many couplings.

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
    flags = parse(DephasingFlags, arguments, "dephasing")
    flags.messages.configure()
    from dnawire.api.dephasing import DephasingScan

    return observe(DephasingScan, flags, flags)
