"""Import of foreign records: recognizes the layout, validates what it read."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from dnawire.data._hdf import open_hdf, read_text
from dnawire.data.checks import find_problem
from dnawire.data.dataset import TransportDataset
from dnawire.data.importers import archives, raw
from dnawire.data.importers.structure import ForeignDataError
from dnawire.data.record import TransportRecord
from dnawire.data.store import FORMAT
from dnawire.errors import NotFoundError, UnusableDataFileError, UsageError

EnergyWindow = Literal["common", "homo"]
"""``common``: absolute energies, one window for all; ``homo``: energies counted from the HOMO."""


def import_records(path: str | Path, window: EnergyWindow) -> TransportDataset:
    """Read foreign transport calculations.

    Three layouts are recognized: the G3NAT HDF5 archive, raw G3NAT run folders (one run, or any
    folder above runs), and HDF5 files of xTB records with two energy windows.

    Parameters
    ----------
    path
        File or folder.
    window
        ``"homo"``: energies counted from the HOMO of each molecule, eta 0. ``"common"``: one
        absolute window for all molecules, eta 0.005 eV; only xTB records have it.

    Returns
    -------
    TransportDataset
        Validated records; LDOS per nucleotide in site order, contacts on whole nucleotides.

    Raises
    ------
    NotFoundError
        If there is nothing under ``path``.
    UnusableDataFileError
        If the layout is unknown or a calculation is incomplete or impossible; names it.
    UsageError
        If the source does not have the window, or is a file of this package already.
    """
    path = Path(path)
    if not path.exists():
        raise NotFoundError(f"{path}: no such file or folder.", "check the path of the source.")
    try:
        dataset = _import_folder(path, window) if path.is_dir() else _import_file(path, window)
    except ForeignDataError as error:
        raise _unusable(path, str(error)) from error
    problem = find_problem(dataset)
    if problem is not None:
        raise _unusable(path, problem)
    return dataset


def _import_folder(path: Path, window: EnergyWindow) -> TransportDataset:
    _require_homo(path, window)
    source = {"kind": "g3nat-folder", "file": path.name, "window": window}
    return _collect(raw.read_runs(path), source, f"no {raw.PARAMETERS_FILE} lies in it or below")


def _import_file(path: Path, window: EnergyWindow) -> TransportDataset:
    with open_hdf(path) as file:
        if read_text(file, "format") == FORMAT:
            raise UsageError(
                f"{path} is a file of dnawire records already.",
                "use it as it is (--data, read_dataset).",
            )
        if archives.is_xtb(file):
            source = archives.archive_source(file, path, "xtb", window)
            return _collect(archives.read_xtb(file, window), source, "it holds no run")
        if archives.is_archive(file):
            _require_homo(path, window)
            source = archives.archive_source(file, path, "g3nat-archive", window)
            return _collect(archives.read_archive(file), source, "it holds no run")
    raise _unusable(path, "it has none of the known layouts")


def _collect(
    records: Iterable[TransportRecord], source: dict[str, Any], if_empty: str
) -> TransportDataset:
    collected = list(records)
    if not collected:
        raise ForeignDataError(if_empty)
    return TransportDataset.from_records(collected, source)


def _require_homo(path: Path, window: EnergyWindow) -> None:
    if window != "homo":
        raise UsageError(
            f"{path} has no common energy window; every molecule has a grid about its own HOMO.",
            "import it with window 'homo'.",
        )


def _unusable(path: Path, problem: str) -> UnusableDataFileError:
    return UnusableDataFileError(
        f"{path}: {problem}.",
        "import an intact G3NAT archive, G3NAT run folder or file of xTB records.",
    )
