"""``dnawire iv``: current and differential conductance at a bias."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import tyro

from dnawire.api.questions import CurrentQuestion
from dnawire.cli._flags import parse
from dnawire.cli._observation import ObservationFlags, observe


@tyro.conf.configure(tyro.conf.FlagCreatePairsOff)
@dataclass(frozen=True, kw_only=True)
class IvFlags(ObservationFlags, CurrentQuestion):
    """Compute current-voltage curves and differential conductance of sequences.

    Coherent carriers, every resonance resolved; levels keep their distance from the potential
    inside the molecule. Contacts that are not given are those of the training of the model.
    """


def run(arguments: Sequence[str]) -> int:
    """Compute, print a table, write the results, and return the exit code.

    Raises
    ------
    dnawire.errors.DnawireError
        See `observe`.
    """
    flags = parse(IvFlags, arguments, "iv")
    flags.messages.configure()
    from dnawire.api.iv import IVCurves

    return observe(IVCurves, flags, flags)
