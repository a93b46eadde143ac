"""``dnawire thermoelectric``: conductance, Seebeck coefficient and heat conductance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import tyro

from dnawire.api.questions import ThermoelectricQuestion
from dnawire.cli._flags import parse
from dnawire.cli._observation import ObservationFlags, observe


@tyro.conf.configure(tyro.conf.FlagCreatePairsOff)
@dataclass(frozen=True, kw_only=True)
class ThermoelectricFlags(ObservationFlags, ThermoelectricQuestion):
    """Compute conductance, Seebeck coefficient, electronic heat conductance and ZT of sequences.

    In linear response, at many temperatures and over a scan of the Fermi energy, every resonance
    resolved. Contacts that are not given are those of the training of the model.
    """


def run(arguments: Sequence[str]) -> int:
    """Compute, print a table, write the results, and return the exit code.

    Raises
    ------
    dnawire.errors.DnawireError
        See `observe`.
    """
    flags = parse(ThermoelectricFlags, arguments, "thermoelectric")
    flags.messages.configure()
    from dnawire.api.thermoelectric import ThermoelectricScan

    return observe(ThermoelectricScan, flags, flags)
