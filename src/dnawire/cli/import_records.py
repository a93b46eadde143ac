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
    """Turn transport calculations, or a table or npz file of spectra, into a file of records."""

    source: tyro.conf.Positional[Path]
    """HDF5 archive, folder of one raw calculation, or folder above some; or spectra as a table
    (.csv, .tsv, .txt) or as arrays (.npz), see docs/file_formats.md."""

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

    left_contact: str | None = None
    """Left contact with its coupling in eV, e.g. upper:0=0.1, of spectra that do not state it."""

    right_contact: str | None = None
    """Right contact, written like the left one."""

    eta: float | None = None
    """Imaginary part of the energy in eV, of spectra that do not state it; 0 if it is not given."""

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
    from dnawire.data.importers import GivenConditions

    dataset = import_records(
        flags.source,
        flags.window,
        homo=flags.homo,
        skip_unusable=flags.skip_unusable,
        given=GivenConditions(flags.left_contact, flags.right_contact, flags.eta),
    )
    write_dataset(flags.out, dataset, overwrite=flags.overwrite)
    _logger.info("%s: %d records from %s", flags.out, len(dataset), flags.source)
    return EXIT_FINISHED
