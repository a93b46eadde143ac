"""Importers of two HDF5 layouts: the G3NAT archive, and xTB records made with open tools."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from dnawire.data._hdf import read_array
from dnawire.data.importers.structure import (
    Calculation,
    ForeignDataError,
    Structure,
    build_record,
    homo_reference,
    naming,
    read_structure,
    sum_over_residues,
)
from dnawire.data.record import TransportRecord

COMMON_WINDOW_ETA = 0.005
"""eV; the broadening of the common window of the xTB layout, which its files do not repeat."""


def is_archive(file: h5py.File) -> bool:
    """Whether a file has the layout of the G3NAT archive: LDOS per atom, atoms in every run."""
    run = _first_run(file)
    return run is not None and "DOSAtom" in run and "atoms" in run


def is_xtb(file: h5py.File) -> bool:
    """Whether a file has the layout of xTB records: LDOS per residue, a second common window."""
    run = _first_run(file)
    return run is not None and "LDOS_residue" in run and "abs" in run and "atoms" in run.parent


def read_archive(file: h5py.File) -> Iterator[TransportRecord]:
    """Read a G3NAT archive: energies counted from the HOMO, eta 0.

    Parameters
    ----------
    file
        Open file; ``/<sequence>/<run>`` with the arrays Egrid, T, DOS, DOSAtom, contacts, atoms.

    Yields
    ------
    TransportRecord
        One per run.

    Raises
    ------
    ForeignDataError, UnusableDataFileError
        If something is missing or does not fit together; names the run.
    """
    for sequence, name, group in _runs(file):
        with naming(name):
            structure = _structure(group)
            _check_sequence(structure, sequence, group)
            ldos = sum_over_residues(read_array(group, "DOSAtom", 2, "f"), structure)
            run = _run(group, group, "Egrid", ldos, 0.0)
            record = build_record(structure, run, _homo(group, run), name)
        yield record


def read_xtb(file: h5py.File, window: str) -> Iterator[TransportRecord]:
    """Read xTB records.

    Parameters
    ----------
    file
        Open file; ``/<sequence>/atoms`` and ``/<sequence>/<run>`` with the arrays Egrid, T, DOS,
        LDOS_residue (eta 0) and ``abs`` (one absolute window for all, eta 0.005 eV).
    window
        ``"common"`` for ``abs``, ``"homo"`` for energies counted from the HOMO.

    Yields
    ------
    TransportRecord
        One per run.

    Raises
    ------
    ForeignDataError, UnusableDataFileError
        If something is missing or does not fit together; names the run.
    """
    read = _common_window if window == "common" else _homo_window
    for sequence, name, group in _runs(file):
        with naming(name):
            structure = _structure(group.parent)
            _check_sequence(structure, sequence, group)
            run, reference = read(group)
            record = build_record(structure, run, reference, name)
        yield record


def _common_window(group: h5py.Group) -> tuple[Calculation, float]:
    ldos = read_array(group, "abs/LDOS_residue", 2, "f")
    return _run(group, group["abs"], "E", ldos, COMMON_WINDOW_ETA), 0.0


def _homo_window(group: h5py.Group) -> tuple[Calculation, float]:
    run = _run(group, group, "Egrid", read_array(group, "LDOS_residue", 2, "f"), 0.0)
    return run, _homo(group, run)


def _runs(file: h5py.File) -> Iterator[tuple[str, str, h5py.Group]]:
    for sequence, group in _groups(file):
        for run, content in _groups(group):
            if run.startswith("run"):
                yield sequence, f"{sequence}/{run}", content


def _groups(parent: h5py.Group) -> Iterator[tuple[str, h5py.Group]]:
    return ((name, item) for name, item in parent.items() if isinstance(item, h5py.Group))


def _first_run(file: h5py.File) -> h5py.Group | None:
    return next((group for _, _, group in _runs(file)), None)


def _run(
    group: h5py.Group, spectra: h5py.Group, grid: str, ldos: NDArray[Any], eta: float
) -> Calculation:
    coupling = _number(group, "coupling_eV")
    return Calculation(
        energies=read_array(spectra, grid, 1, "f"),
        transmission=read_array(spectra, "T", 1, "f"),
        dos=read_array(spectra, "DOS", 1, "f"),
        residue_ldos=ldos,
        left_atoms=read_array(group, "left_atoms", 1, "iu"),
        right_atoms=read_array(group, "right_atoms", 1, "iu"),
        gamma_left=coupling,
        gamma_right=coupling,
        eta=eta,
    )


def _homo(group: h5py.Group, run: Calculation) -> float:
    return homo_reference(run.energies, _number(group, "energy_reference_eV"))


def _structure(group: h5py.Group) -> Structure:
    names = read_array(group, "atoms/resname", 1, "SO")
    return read_structure(read_array(group, "atoms/resseq", 1, "iu"), [_text(one) for one in names])


def _check_sequence(structure: Structure, sequence: str, group: h5py.Group) -> None:
    spelled = {"sequence": structure.duplex.upper, "complementary_sequence": structure.duplex.lower}
    named = {"sequence": sequence}
    if "complementary_sequence" in group:
        named["complementary_sequence"] = _text(group["complementary_sequence"][()])
    for key, text in named.items():
        if text.upper() != spelled[key]:
            raise ForeignDataError(f"{key} is '{text}', but the atoms spell '{spelled[key]}'")


def _number(group: h5py.Group, name: str) -> float:
    value = group.attrs.get(name)
    if not isinstance(value, int | float | np.integer | np.floating):
        raise ForeignDataError(f"attribute {name} is {value!r}")
    return float(value)


def _text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def archive_source(file: h5py.File, path: Path, layout: str, window: str) -> dict[str, Any]:
    """Describe where imported records come from, with every attribute of the file.

    Parameters
    ----------
    file
        Open file.
    path
        Its path; only the name is kept.
    layout
        Name of the layout.
    window
        The energies that were taken.

    Returns
    -------
    dict
        Plain values for ``TransportDataset.source``.
    """
    attributes = {name: _plain(value) for name, value in file.attrs.items()}
    return {"kind": layout, "file": path.name, "window": window, "attributes": attributes}


def _plain(value: object) -> str | int | float:
    if isinstance(value, np.integer | np.floating):
        return value.item()
    return value if isinstance(value, int | float) else _text(value)
