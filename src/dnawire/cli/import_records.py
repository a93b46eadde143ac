"""``dnawire import``: foreign records of charge transport as a file of records."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import tyro

from dnawire.api.target import check_target
from dnawire.cli._flags import Messages, parse
from dnawire.errors import EXIT_FINISHED

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ImportFlags:
    """Turn an archive or a folder of transport calculations into a file of records."""

    source: tyro.conf.Positional[Path]
    """HDF5 archive, folder of one raw calculation, or folder above some."""

    out: tyro.conf.Positional[Path]
    """File to write (HDF5)."""

    window: Literal["common", "homo"] = "common"
    """Energies to take: one common absolute window, or a window around the HOMO of each molecule,
    with the energies counted from the HOMO."""

    homo: float | Literal["middle"] | None = None
    """HOMO in eV of a molecule whose source does not state it; or middle, if every energy grid is
    centered on the HOMO."""

    skip_unusable: tyro.conf.FlagCreatePairsOff[bool] = False
    """Import what can be used, and name the calculations that cannot, instead of ending."""

    overwrite: tyro.conf.FlagCreatePairsOff[bool] = False
    """Replace the file if it exists."""

    messages: Messages = field(default_factory=Messages)


def run(arguments: Sequence[str]) -> int:
    """Import records and return the exit code.

    Raises
    ------
    dnawire.errors.DnawireError
        The source cannot be read or the file cannot be written.
    """
    flags = parse(ImportFlags, arguments, "import")
    flags.messages.configure()
    check_target(flags.out, overwrite=flags.overwrite)
    from dnawire.data import import_records, write_dataset

    dataset = import_records(
        flags.source, flags.window, homo=flags.homo, skip_unusable=flags.skip_unusable
    )
    write_dataset(flags.out, dataset, overwrite=flags.overwrite)
    _logger.info("%s: %d records from %s", flags.out, len(dataset), flags.source)
    return EXIT_FINISHED
