"""Importers of two HDF5 layouts: the G3NAT archive, and xTB records made with open tools."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from dnawire.data._hdf import read_array
from dnawire.data.importers.atoms import Atom
from dnawire.data.importers.calculation import Calculation, Run, build_record
from dnawire.data.importers.homo import GivenHomo, Homo, find_homo
from dnawire.data.importers.structure import (
    ForeignDataError,
    Structure,
    read_structure,
    sum_over_residues,
)
from dnawire.data.record import TransportRecord

_REFERENCE = "energy_reference_eV"
COMMON_WINDOW_ETA = 0.005
"""eV; the broadening of the common window of the xTB layout, which its files do not repeat."""


def is_archive(file: h5py.File) -> bool:
    """Whether a file has the layout of the G3NAT archive: LDOS per atom, atoms in a run."""
    return any("DOSAtom" in run and "atoms" in run for _, _, run in _runs(file))


def is_xtb(file: h5py.File) -> bool:
    """Whether a file has the layout of xTB records: LDOS per residue, a second common window."""
    return any(
        "LDOS_residue" in run and "abs" in run and "atoms" in run.parent
        for _, _, run in _runs(file)
    )


def find_archive_runs(file: h5py.File, given: GivenHomo) -> Iterator[Run]:
    """Find the runs of a G3NAT archive: energies counted from the HOMO, eta 0.

    Parameters
    ----------
    file
        Open file; ``/<sequence>/<run>`` with the arrays Egrid, T, DOS, DOSAtom, contacts, atoms.
    given
        The HOMO as the user states it.

    Yields
    ------
    Run
        Its name, and what reads it, which raises `ForeignDataError` or `UnusableDataFileError` if
        something is missing or does not fit together.
    """
    for sequence, name, group in _runs(file):
        yield name, partial(_read_archive_run, group, sequence, name, given)


def _read_archive_run(
    group: h5py.Group, sequence: str, name: str, given: GivenHomo
) -> tuple[TransportRecord, Homo]:
    structure = _structure(group)
    _check_sequence(structure, sequence, group)
    ldos = sum_over_residues(read_array(group, "DOSAtom", 2, "f"), structure)
    run = _run(group, group, "Egrid", ldos, 0.0)
    homo = _homo(group, run, given)
    return build_record(structure, run, homo.energy, name), homo


def find_xtb_runs(file: h5py.File, window: str, given: GivenHomo) -> Iterator[Run]:
    """Find xTB runs; see `find_archive_runs`.

    Parameters
    ----------
    file
        Open file; ``/<sequence>/atoms`` and ``/<sequence>/<run>`` with the arrays Egrid, T, DOS,
        LDOS_residue (eta 0) and ``abs`` (one absolute window for all, eta 0.005 eV).
    window
        ``"common"`` for ``abs``, ``"homo"`` for energies counted from the HOMO.
    given
        The HOMO as the user states it.
    """
    read = _common_window if window == "common" else partial(_homo_window, given=given)
    for sequence, name, group in _runs(file):
        yield name, partial(_read_xtb_run, read, group, sequence, name)


_Window = Callable[[h5py.Group], tuple[Calculation, Homo]]


def _read_xtb_run(
    read: _Window, group: h5py.Group, sequence: str, name: str
) -> tuple[TransportRecord, Homo]:
    structure = _structure(group.parent)
    _check_sequence(structure, sequence, group)
    run, homo = read(group)
    return build_record(structure, run, homo.energy, name), homo


def _common_window(group: h5py.Group) -> tuple[Calculation, Homo]:
    ldos = read_array(group, "abs/LDOS_residue", 2, "f")
    spectra = group.get("abs")
    if not isinstance(spectra, h5py.Group):
        raise ForeignDataError("there is no group abs")
    absolute = Homo(0.0, "absolute energies")
    return _run(group, spectra, "E", ldos, COMMON_WINDOW_ETA), absolute


def _homo_window(group: h5py.Group, given: GivenHomo) -> tuple[Calculation, Homo]:
    run = _run(group, group, "Egrid", read_array(group, "LDOS_residue", 2, "f"), 0.0)
    return run, _homo(group, run, given)


def _runs(file: h5py.File) -> Iterator[tuple[str, str, h5py.Group]]:
    for sequence, group in _groups(file):
        for run, content in _groups(group):
            if run.startswith("run"):
                yield sequence, f"{sequence}/{run}", content


def _groups(parent: h5py.Group) -> Iterator[tuple[str, h5py.Group]]:
    return ((name, item) for name, item in parent.items() if isinstance(item, h5py.Group))


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


def _homo(group: h5py.Group, run: Calculation, given: GivenHomo) -> Homo:
    has_attribute = _REFERENCE in group.attrs
    stated = Homo(_number(group, _REFERENCE), f"attribute {_REFERENCE}") if has_attribute else None
    return find_homo(run.energies, stated, given)


def _structure(group: h5py.Group) -> Structure:
    numbers = read_array(group, "atoms/resseq", 1, "iu")
    columns = [_texts(group, f"atoms/{name}") for name in ("resname", "name", "element")]
    places = _positions(group)
    sizes = {len(numbers), *map(len, (one for one in (*columns, places) if one is not None))}
    if len(sizes) != 1:
        raise ForeignDataError(f"atoms: its arrays have different lengths {sorted(sizes)}")
    unknown: list[Any] = [None] * len(numbers)
    residues, names, elements = (column or unknown for column in columns)
    return read_structure(
        [
            Atom("", 0, int(number), "", residue or "", name or "", element or "", place)
            for number, residue, name, element, place in zip(
                numbers, residues, names, elements, places or unknown, strict=True
            )
        ]
    )


def _texts(group: h5py.Group, name: str) -> list[str] | None:
    if name not in group:
        return None
    return [_text(one).strip() for one in read_array(group, name, 1, "SO")]


def _positions(group: h5py.Group) -> list[tuple[float, float, float]] | None:
    if "atoms/xyz" not in group:
        return None
    places = read_array(group, "atoms/xyz", 2, "f")
    if places.shape[1] != 3 or not np.isfinite(places).all():
        raise ForeignDataError(f"atoms/xyz has shape {places.shape}, or is not finite")
    return [(float(x), float(y), float(z)) for x, y, z in places]


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
