"""``dnawire export``: a trained model to pass on, as a folder or as one file."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import tyro

from dnawire.cli._flags import Messages, parse
from dnawire.errors import EXIT_FINISHED

_logger = logging.getLogger(__name__)


@tyro.conf.configure(tyro.conf.FlagCreatePairsOff)
@dataclass(frozen=True)
class ExportFlags:
    """Write a trained model as a folder or as one file, to be passed on.

    It holds weights, settings, card and checksums; `dnawire predict` reads it, and refuses it if
    any byte of it was altered.
    """

    model: tyro.conf.Positional[str]
    """Output folder of a training run, e.g. outputs/hamiltonian; its model folder; or
    pretrained:NAME."""

    output: Path | None = None
    """File to write, if its name ends in .safetensors, else a folder; None makes NAME.safetensors
    in the current folder."""

    license: str | None = None
    """Under which the model may be used, best as an SPDX identifier, e.g. CC-BY-4.0."""

    citation: str | None = None
    """What to cite for the model."""

    overwrite: bool = False
    """Replace what is there."""

    messages: Messages = field(default_factory=Messages)


def run(arguments: Sequence[str]) -> int:
    """Export, say what was written, and return the exit code.

    Raises
    ------
    dnawire.errors.DnawireError
        There is no such model, it is damaged, or the target cannot be written.
    """
    flags = parse(ExportFlags, arguments, "export")
    flags.messages.configure()
    from dnawire.api.export import export_lines, write_export
    from dnawire.inference.export import export_model

    exported = export_model(flags.model, flags.license, flags.citation)
    written = write_export(exported, flags.output, overwrite=flags.overwrite)
    print("\n".join(export_lines(exported)))
    if flags.license is None:
        _logger.warning(
            "warning: no --license is given: nobody can tell what is allowed with the model"
        )
    _logger.info("written: %s; use it as: dnawire predict %s SEQUENCE", written, written)
    return EXIT_FINISHED
