"""``dnawire parameters``: the tight-binding parameter sets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import tyro

from dnawire.cli._flags import Messages, parse
from dnawire.errors import EXIT_FINISHED

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from dnawire.tightbinding import ParameterSet


@dataclass(frozen=True)
class ParametersFlags:
    """List the tight-binding parameter sets, or show the values of one."""

    name: tyro.conf.Positional[str | None] = None
    """Parameter set to show; without it, all are listed."""

    messages: Messages = field(default_factory=Messages)


def run(arguments: Sequence[str]) -> int:
    """Print what is asked for and return the exit code.

    Raises
    ------
    dnawire.errors.UnknownParameterSetError
        There is no such set; names the nearest one.
    """
    flags = parse(ParametersFlags, arguments, "parameters")
    flags.messages.configure()
    from dnawire.tightbinding import available_parameters, load_parameters

    if flags.name is not None:
        print("\n".join(_describe(load_parameters(flags.name))))
        return EXIT_FINISHED
    for name in available_parameters():
        parameters = load_parameters(name)
        print(f"{name}: {parameters.title}")
        print("\n".join(f"  https://doi.org/{doi}" for doi in parameters.doi))
    return EXIT_FINISHED


def _describe(parameters: ParameterSet) -> Iterator[str]:
    low, high = parameters.energy_window
    yield f"{parameters.name}: {parameters.title}"
    yield from (f"https://doi.org/{doi}" for doi in parameters.doi)
    yield f"verification: {parameters.verification}"
    yield f"carrier: {parameters.carrier}"
    yield f"sign convention: {parameters.sign_convention}"
    yield f"energy window: {low:g} to {high:g} eV"
    yield from _table("on-site energy (eV)", parameters.onsite[None])
    yield from _table("stacking of 5'-XY-3', X down, Y across (eV)", parameters.stacking)
    yield from _table("pairing (eV)", parameters.pairing)
    yield from _table("diagonal between the 5' ends of a step (eV)", parameters.diagonal_five)
    yield from _table("diagonal between the 3' ends of a step (eV)", parameters.diagonal_three)


def _table(title: str, values: NDArray[np.float64]) -> Iterator[str]:
    from dnawire.junction import BASES

    yield ""
    yield title
    yield "   " + "".join(f"{base:>10}" for base in BASES)
    for base, row in zip(BASES if len(values) > 1 else " ", values, strict=True):
        yield f"{base:>3}" + "".join(f"{value:10.4f}" for value in row)
