"""``dnawire uncertainty``: the sources of uncertainty of a conductance, told apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import tyro

from dnawire.api.uncertainty_question import UncertaintyQuestion
from dnawire.cli._flags import parse
from dnawire.cli._observation import ObservationFlags, observe


@tyro.conf.configure(tyro.conf.FlagCreatePairsOff)
@dataclass(frozen=True, kw_only=True)
class UncertaintyFlags(ObservationFlags, UncertaintyQuestion):
    """Tell apart what makes the conductance of sequences uncertain.

    Seeds of an ensemble, other parameter sets, static disorder, the Fermi level, the certificate of
    a model of all atoms: each alone, the rest as the model says. With --temperature 0 it is T(E_F),
    which every model knows. Contacts that are not given are those of the training of the model.
    """


def run(arguments: Sequence[str]) -> int:
    """Compute, print a table, write the results, and return the exit code.

    Raises
    ------
    dnawire.errors.DnawireError
        See `observe`.
    """
    flags = parse(UncertaintyFlags, arguments, "uncertainty")
    flags.messages.configure()
    from dnawire.api.uncertainty import Uncertainty

    return observe(Uncertainty, flags, flags)
