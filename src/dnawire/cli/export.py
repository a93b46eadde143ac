"""``dnawire export``: a trained model to pass on, as a folder or as one file."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import tyro

from dnawire.cli._flags import ResultMessages, parse
from dnawire.errors import EXIT_FINISHED

if TYPE_CHECKING:
    from dnawire.plots import Table

_NO_LICENSE: Final = "no --license is given: nobody can tell what is allowed with the model"

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

    messages: ResultMessages = field(default_factory=ResultMessages)


def run(arguments: Sequence[str]) -> int:
    """Export, say what was written, and return the exit code.

    Raises
    ------
    dnawire.errors.DnawireError
        There is no such model, it is damaged, or the target cannot be written.
    """
    flags = parse(ExportFlags, arguments, "export")
    flags.messages.configure()
    from dnawire.api.export import export_properties, write_export
    from dnawire.api.tables import aligned
    from dnawire.inference.export import export_model

    exported = export_model(flags.model, flags.license, flags.citation)
    written = write_export(exported, flags.output, overwrite=flags.overwrite)
    said = export_properties(exported)
    warnings = [] if flags.license is not None else [_NO_LICENSE]
    table: Table = {name: ("", [value]) for name, value in (said | {"file": str(written)}).items()}
    flags.messages.show_result(aligned(list(map(list, said.items()))), [], table, warnings)
    for warning in warnings:
        _logger.warning("warning: %s", warning)
    _logger.info("written: %s; use it as: dnawire predict %s SEQUENCE", written, written)
    return EXIT_FINISHED
