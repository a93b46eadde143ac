"""``dnawire generate``: a file of records, computed from a tight-binding parameter set.

``dnawire generate xtb`` computes them from the atoms instead; see `generate_xtb`.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import tyro

from dnawire.cli._flags import Messages, parse
from dnawire.config import GenerationConfig, SeedConfig
from dnawire.errors import EXIT_FINISHED

_logger = logging.getLogger(__name__)

XTB: Final = "xtb"
"""Word that asks for the other kind of generation; a file of that name is ./xtb."""


@dataclass(frozen=True)
class GenerateFlags:
    """Generate records of charge transport; the same flags give the same file.

    `dnawire generate xtb` computes them from all atoms by GFN1-xTB instead.
    """

    out: tyro.conf.Positional[Path]
    """File to write (HDF5)."""

    data: GenerationConfig = field(default_factory=GenerationConfig)

    runtime: SeedConfig = field(default_factory=SeedConfig)

    overwrite: tyro.conf.FlagCreatePairsOff[bool] = False
    """Replace the file if it exists."""

    messages: Messages = field(default_factory=Messages)


def run(arguments: Sequence[str]) -> int:
    """Generate records and return the exit code.

    Raises
    ------
    dnawire.errors.DnawireError
        A setting is impossible or the file cannot be written.
    """
    if arguments[:1] == [XTB]:
        from dnawire.cli import generate_xtb

        return generate_xtb.run(arguments[1:])
    flags = parse(GenerateFlags, arguments, "generate")
    flags.messages.configure()
    from dnawire.api.generate import generated

    dataset = generated(flags.data, flags.runtime.seed, flags.out, overwrite=flags.overwrite)
    _logger.info("%s: %d records", flags.out, len(dataset))
    return EXIT_FINISHED
