"""Importer of raw G3NAT run folders: MATLAB spectra, parameters, structure, Gaussian input."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.io import loadmat
from scipy.io.matlab import MatReadError

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

PARAMETERS_FILE: Final = "Parameters.txt"
_SECTIONS: Final = (
    "Orbitals set",
    "Energy Range",
    "Inject Site (atoms number)",
    "Extract Site (atoms number)",
    "GammaL",
    "GammaR",
    "Probes Site (atoms number)",
    "Broadening (for DOS)",
    "Probe (for Decoh)",
)
_GRID_TOLERANCE = 1e-5


def run_folders(path: Path) -> list[Path]:
    """Find raw runs: folders with a ``Parameters.txt``, ``path`` itself or below it, sorted."""
    return sorted(file.parent for file in path.rglob(PARAMETERS_FILE))


def read_runs(path: Path) -> Iterator[TransportRecord]:
    """Read raw runs: energies counted from the HOMO, which is the middle of the grid; eta 0.

    Parameters
    ----------
    path
        A run folder (``Parameters.txt``, ``Tran_*.mat``, ``DOS_*.mat``), or a folder above some.
        The structure (``*.pdb``) lies in the run folder or in the one above it.

    Yields
    ------
    TransportRecord
        One per run folder.

    Raises
    ------
    ForeignDataError
        If something is missing or does not fit together; names the file.
    """
    for folder in run_folders(path):
        with naming(f"{folder.parent.name}/{folder.name}"):
            record = _read_run(folder)
        yield record


def _read_run(folder: Path) -> TransportRecord:
    structure = _read_structure(folder)
    parameters = _read_parameters(folder / PARAMETERS_FILE)
    spectra = _load(_only(folder, "Tran_*.mat"), ("Energy", "T"))
    densities = _load(_only(folder, "DOS_*.mat"), ("Energy", "DOS", "DOSAtom"))
    _check_calculation(parameters, spectra, densities)
    run = Calculation(
        energies=densities["Energy"].reshape(-1),
        transmission=spectra["T"].reshape(-1),
        dos=densities["DOS"].reshape(-1),
        residue_ldos=sum_over_residues(densities["DOSAtom"], structure),
        left_atoms=np.array(parameters["Inject Site (atoms number)"], dtype=np.int64),
        right_atoms=np.array(parameters["Extract Site (atoms number)"], dtype=np.int64),
        gamma_left=parameters["GammaL"][0],
        gamma_right=parameters["GammaR"][0],
        eta=0.0,
    )
    reference = homo_reference(run.energies, None)
    identifier = f"{structure.duplex.upper.lower()}/{folder.name}"
    return build_record(structure, run, reference, identifier)


def _check_calculation(
    parameters: dict[str, list[float]], spectra: dict[str, Any], densities: dict[str, Any]
) -> None:
    if parameters["Probes Site (atoms number)"]:
        raise ForeignDataError(f"{PARAMETERS_FILE}: probes are set; only coherent runs can be read")
    if parameters["Broadening (for DOS)"] != [0.0]:
        raise ForeignDataError(
            f"{PARAMETERS_FILE}: broadening is {parameters['Broadening (for DOS)']} for the DOS, "
            "but always 0 for T; only runs with 0 for both can be read"
        )
    for key in ("GammaL", "GammaR"):
        if len(parameters[key]) != 1:
            raise ForeignDataError(f"{PARAMETERS_FILE}: {key} is {parameters[key]}")
    grid = np.array(parameters["Energy Range"])
    for name, arrays in (("Tran", spectra), ("DOS", densities)):
        found = arrays["Energy"].reshape(-1)
        if found.shape != grid.shape or np.abs(found - grid).max() > _GRID_TOLERANCE:
            raise ForeignDataError(f"{name}_*.mat: Energy differs from {PARAMETERS_FILE}")


def _read_structure(folder: Path) -> Structure:
    home = folder if any(folder.glob("*.pdb")) else folder.parent
    lines = _read_text(_only(home, "*.pdb")).splitlines()
    atoms = [line for line in lines if line.startswith(("ATOM  ", "HETATM"))]
    try:
        numbers = np.array([int(line[22:26]) for line in atoms], dtype=np.int64)
    except ValueError as error:
        raise ForeignDataError(f"*.pdb: a residue number is not a number ({error})") from error
    structure = read_structure(numbers, [line[17:20] for line in atoms])
    for gjf in sorted(home.glob("*.gjf")):
        _check_elements(gjf, [line[76:78].strip() for line in atoms])
    return structure


def _check_elements(gjf: Path, elements: list[str]) -> None:
    """Refuse a structure whose atoms are not those of the calculation, in the same order."""
    sections = _read_text(gjf).replace("\r", "").split("\n\n")
    geometry = sections[2].strip().splitlines()[1:] if len(sections) > 2 else []
    if [line.split()[0] for line in geometry] != elements:
        raise ForeignDataError(f"{gjf.name}: its atoms are not those of the structure (*.pdb)")


def _read_parameters(path: Path) -> dict[str, list[float]]:
    values: dict[str, list[float]] = {}
    section: list[float] = []
    for line in map(str.strip, _read_text(path).splitlines()):
        if line in _SECTIONS:
            section = values.setdefault(line, [])
        elif line and values:
            try:
                section.append(float(line))
            except ValueError as error:
                raise ForeignDataError(f"{path.name}: '{line}' is not a number") from error
    missing = [name for name in _SECTIONS if name not in values]
    if missing:
        raise ForeignDataError(f"{path.name}: there is no section '{missing[0]}'")
    return values


def _load(path: Path, names: tuple[str, ...]) -> dict[str, NDArray[np.float64]]:
    try:
        content = loadmat(path, variable_names=names)
    except (OSError, ValueError, TypeError, NotImplementedError, MatReadError, zlib.error) as error:
        raise ForeignDataError(f"{path.name} is not a readable MATLAB 5 file ({error})") from error
    arrays = {}
    for name in names:
        array = np.asarray(content.get(name))
        if array.dtype.kind not in "fiu" or array.ndim != 2:
            raise ForeignDataError(f"{path.name}: there is no numeric array {name}")
        arrays[name] = array.astype(np.float64)
    return arrays


def _only(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        raise ForeignDataError(f"{folder.name} holds {len(found)} files {pattern} instead of one")
    return found[0]


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ForeignDataError(f"{path.name} cannot be read ({error})") from error
