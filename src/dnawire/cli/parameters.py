"""``dnawire parameters``: the tight-binding parameter sets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import tyro

from dnawire.api.target import check_target
from dnawire.cli._flags import Messages, parse
from dnawire.errors import EXIT_FINISHED, UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from dnawire.junction import Alphabet
    from dnawire.tightbinding import ParameterSet


@dataclass(frozen=True)
class ParametersFlags:
    """List the tight-binding parameter sets, show the values of one, or begin one of your own."""

    name: tyro.conf.Positional[str | None] = None
    """Parameter set to show, or a TOML file with one of your own, which is checked; without it, all
    sets of this package are listed."""

    template: Path | None = None
    """File to write the set to, as the beginning of one of your own."""

    overwrite: tyro.conf.FlagCreatePairsOff[bool] = False
    """Replace that file if it exists."""

    messages: Messages = field(default_factory=Messages)


def run(arguments: Sequence[str]) -> int:
    """Print what is asked for and return the exit code.

    Raises
    ------
    dnawire.errors.DnawireError
        There is no such set (names the nearest one), a file has a fault (names the key and the
        value), or the template cannot be written.
    """
    flags = parse(ParametersFlags, arguments, "parameters")
    flags.messages.configure()
    from dnawire.tightbinding import available_parameters, load_parameters

    if flags.template is not None:
        _write_template(flags.name, flags.template, overwrite=flags.overwrite)
        return EXIT_FINISHED
    if flags.name is not None:
        print("\n".join(_describe(load_parameters(flags.name))))
        return EXIT_FINISHED
    for name in available_parameters():
        parameters = load_parameters(name)
        print(f"{name}: {parameters.title}")
        print("\n".join(f"  https://doi.org/{doi}" for doi in parameters.doi))
    return EXIT_FINISHED


def _write_template(name: str | None, path: Path, *, overwrite: bool) -> None:
    from dnawire.files.durable import replace_durably
    from dnawire.tightbinding import template

    if name is None or path.suffix != ".toml":
        raise UsageError(
            f"a template {path} of {name or 'no set'}",
            "Name the set to begin with and a file that ends with .toml, e.g. dnawire parameters "
            "kordas2025 --template mine.toml.",
        )
    check_target(path, overwrite=overwrite)
    replace_durably(path, template(name, path.stem).encode())
    print(
        f"{path}: change its numbers, look at it with `dnawire parameters {path}`, and use it as "
        f"exact:{path} or --parameters {path}"
    )


def _describe(parameters: ParameterSet) -> Iterator[str]:
    low, high = parameters.energy_window
    yield f"{parameters.label}: {parameters.title}"
    yield from (f"https://doi.org/{doi}" for doi in parameters.doi if doi.startswith("10."))
    yield f"verification: {parameters.verification}"
    yield f"carrier: {parameters.carrier}"
    yield f"sign convention: {parameters.sign_convention}"
    yield f"energy window: {low:g} to {high:g} eV"
    for one in parameters.alphabet.extra:
        yield f"letter {one.letter}: {one.name}, partner {one.partner}"
    if parameters.unlisted_pairs:
        pairs = ", ".join(map("-".join, sorted(parameters.unlisted_pairs)))
        yield f"pairs without a pairing, which do not couple: {pairs}"
    for title, values in (
        ("on-site energy (eV)", parameters.onsite[None]),
        ("stacking of 5'-XY-3', X down, Y across (eV)", parameters.stacking),
        ("pairing (eV)", parameters.pairing),
        ("diagonal between the 5' ends of a step (eV)", parameters.diagonal_five),
        ("diagonal between the 3' ends of a step (eV)", parameters.diagonal_three),
    ):
        yield from _table(title, values, parameters.alphabet)


def _table(title: str, values: NDArray[np.float64], alphabet: Alphabet) -> Iterator[str]:
    bases, codes = alphabet.bases, [alphabet.codes[base] for base in alphabet.bases]
    yield ""
    yield title
    yield "   " + "".join(f"{base:>10}" for base in bases)
    rows = values[codes] if len(values) > 1 else values
    for base, row in zip(bases if len(values) > 1 else " ", rows, strict=True):
        yield f"{base:>3}" + "".join(f"{value:10.4f}" for value in row[codes])
