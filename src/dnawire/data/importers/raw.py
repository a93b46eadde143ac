"""Importer of raw G3NAT run folders: MATLAB spectra, parameters, structure, Gaussian input."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dnawire.data.importers.atoms import Atom
from dnawire.data.importers.calculation import Calculation, Run, build_record
from dnawire.data.importers.gaussian import GaussianInput, read_gaussian
from dnawire.data.importers.homo import GivenHomo, Homo, find_homo
from dnawire.data.importers.matlab import read_arrays
from dnawire.data.importers.parameters import PARAMETERS_FILE, RunParameters, read_parameters
from dnawire.data.importers.pdb import read_pdb
from dnawire.data.importers.structure import (
    ForeignDataError,
    Structure,
    naming,
    read_structure,
    sum_over_residues,
)
from dnawire.data.record import TransportRecord
from dnawire.files.text import NotTextError, read_ascii

_logger = logging.getLogger(__name__)

_GRID_TOLERANCE: Final = 1e-5
_HARTREE: Final = 27.211396
"""eV, as G3NAT converts the energies of its files."""


def find_runs(path: Path, given: GivenHomo) -> Iterator[Run]:
    """Find raw runs; each is read when it is called.

    A run is a folder with a ``Parameters.txt``, ``path`` itself or below it, unless other runs lie
    below it: what lies beside those are the leftovers of their making.

    Parameters
    ----------
    path
        A run folder (``Parameters.txt``, ``Tran_*.mat``, ``DOS_*.mat``), or a folder above some.
        The structure (``*.pdb``) lies in the run folder or in the one above it.
    given
        The HOMO as the user states it.

    Yields
    ------
    Run
        In the order of their folders. Reading one raises `ForeignDataError` if something is missing
        or does not fit together.
    """
    folders = sorted(file.parent for file in path.rglob(PARAMETERS_FILE))
    above = {parent for folder in folders for parent in folder.parents}
    for folder in folders:
        name = f"{folder.absolute().parent.name}/{folder.absolute().name}"
        if folder in above:
            _logger.info("%s: not read, because runs lie below it", folder)
        else:
            yield name, partial(_read_run, folder, given)


def _read_run(folder: Path, given: GivenHomo) -> tuple[TransportRecord, Homo]:
    parameters = read_parameters(_read(folder / PARAMETERS_FILE))
    home = folder if _files(folder, ".pdb") else folder.parent
    atoms = _read_atoms(home, parameters)
    with naming("*.pdb"):
        structure = read_structure(atoms)
    gaussian = _read_gaussian(home, parameters)
    _check_atoms(atoms, parameters, gaussian)
    run = _calculation(folder, parameters, structure)
    homo = find_homo(run.energies, _stated_homo((folder, home), parameters, gaussian), given)
    identifier = f"{structure.duplex.upper.lower()}/{folder.absolute().name}"
    return build_record(structure, run, homo.energy, identifier), homo


def _calculation(folder: Path, parameters: RunParameters, structure: Structure) -> Calculation:
    endings = parameters.endings
    spectra = read_arrays(_only(folder, ".mat", "Tran_", endings), ("Energy", "T"))
    densities = read_arrays(_only(folder, ".mat", "DOS_", endings), ("Energy", "DOS", "DOSAtom"))
    for name, arrays in (("Tran", spectra), ("DOS", densities)):
        _check_grid(name, arrays["Energy"].reshape(-1), parameters.energies)
    return Calculation(
        energies=densities["Energy"].reshape(-1),
        transmission=spectra["T"].reshape(-1),
        dos=densities["DOS"].reshape(-1),
        residue_ldos=sum_over_residues(densities["DOSAtom"], structure),
        left_atoms=parameters.left_atoms,
        right_atoms=parameters.right_atoms,
        gamma_left=parameters.gamma_left,
        gamma_right=parameters.gamma_right,
        eta=0.0,
    )


def _check_grid(name: str, found: NDArray[Any], grid: NDArray[np.float64]) -> None:
    differs = f"{name}_*.mat: Energy differs from {PARAMETERS_FILE}"
    if found.shape != grid.shape:
        raise ForeignDataError(f"{differs}: {len(found)} energies instead of {len(grid)}")
    for number in np.flatnonzero(~(np.abs(found - grid) <= _GRID_TOLERANCE)):
        raise ForeignDataError(
            f"{differs}: energy {number} is {found[number]} instead of {grid[number]} eV"
        )


def _read_atoms(home: Path, parameters: RunParameters) -> list[Atom]:
    path = _only(home, ".pdb", "", (parameters.name,))
    with naming(path.name):
        return read_pdb(_read(path))


def _read_gaussian(home: Path, parameters: RunParameters) -> GaussianInput | None:
    """Read the input of the calculation, if it was kept."""
    if not _files(home, ".gjf"):
        return None
    path = _only(home, ".gjf", "", (parameters.name,))
    with naming(path.name):
        return read_gaussian(_read(path))


def _check_atoms(
    atoms: list[Atom], parameters: RunParameters, gaussian: GaussianInput | None
) -> None:
    """Refuse a structure whose atoms are not those of the calculation, in the same order."""
    if parameters.num_atoms != len(atoms):
        raise ForeignDataError(
            f"{PARAMETERS_FILE}: orbitals of {parameters.num_atoms} atoms for a structure of "
            f"{len(atoms)} (*.pdb)"
        )
    if gaussian is None:
        return
    elements = tuple(atom.element for atom in atoms)
    if len(gaussian.elements) != len(elements):
        raise ForeignDataError(
            f"*.gjf: its atoms are not those of the structure (*.pdb): {len(gaussian.elements)} "
            f"up to its first blank line instead of {len(elements)}"
        )
    for number, (one, other) in enumerate(zip(gaussian.elements, elements, strict=True), 1):
        if one != other:
            raise ForeignDataError(
                f"*.gjf: its atoms are not those of the structure (*.pdb): atom {number} is {one} "
                f"instead of {other}"
            )


def _stated_homo(
    folders: tuple[Path, Path], parameters: RunParameters, gaussian: GaussianInput | None
) -> Homo | None:
    """HOMO of the files in which G3NAT keeps the energies of the orbitals."""
    for folder in dict.fromkeys(folders):
        occupied = folder / f"{parameters.name}_occ.mat"
        if occupied.exists():
            return Homo(float(_orbitals(occupied).max()), occupied.name)
    for folder in dict.fromkeys(folders):
        eigen = folder / f"{parameters.name}_eigen.mat"
        electrons = gaussian.num_electrons if gaussian is not None else None
        if eigen.exists() and electrons is not None:
            energies = np.sort(_orbitals(eigen)) * _HARTREE
            if electrons % 2 or not 0 < electrons // 2 <= len(energies):
                raise ForeignDataError(
                    f"{eigen.name}: {len(energies)} orbitals for {electrons} electrons"
                )
            return Homo(float(energies[electrons // 2 - 1]), f"{eigen.name} and *.gjf")
    return None


def _orbitals(path: Path) -> NDArray[np.float64]:
    energies = read_arrays(path, ("EV",))["EV"].reshape(-1)
    if not energies.size or not np.isfinite(energies).all():
        raise ForeignDataError(f"{path.name}: EV holds no finite energies")
    return energies


def _only(folder: Path, suffix: str, prefix: str, endings: tuple[str, ...]) -> Path:
    """Find the one file of a kind, or of several the one that is named as the run says."""
    found = [path for path in _files(folder, suffix) if path.name.startswith(prefix)]
    named = [path for path in found if path.stem.endswith(endings)]
    if len(found) > 1 and len(named) == 1:
        others = ", ".join(path.name for path in found if path != named[0])
        _logger.info("%s: %s is read, and not %s", folder, named[0].name, others)
        return named[0]
    if len(found) != 1:
        raise ForeignDataError(
            f"{folder.absolute().name} holds {len(found)} files {prefix}*{suffix} instead of one"
        )
    return found[0]


def _files(folder: Path, suffix: str) -> list[Path]:
    """Files of a kind, without the hidden ones that other systems leave."""
    try:
        names = sorted(folder.iterdir())
    except OSError as error:
        raise ForeignDataError(f"{folder.name} cannot be read ({error.strerror})") from error
    return [
        path for path in names if path.suffix.lower() == suffix and not path.name.startswith(".")
    ]


def _read(path: Path) -> str:
    try:
        return read_ascii(path)
    except (OSError, NotTextError) as error:
        raise ForeignDataError(f"{path.name} cannot be read ({error})") from error
