"""Files of coordinates, PDB and mmCIF, as models of the reader gemmi; nothing is skipped silently.

The PDB format is that of version 3.3 (wwPDB, 2012). Gemmi (doi:10.21105/joss.04200) takes a
damaged number for another one and ends at the first ``END``, so that both are looked for before.
"""

from __future__ import annotations

import gzip
import io
import re
import zlib
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Final

from dnawire.errors import (
    MissingDependencyError,
    NotFoundError,
    NotReadableError,
    UnusableFileError,
    UsageError,
)
from dnawire.files.filesystem import read_regular
from dnawire.files.text import NotTextError, decode_ascii

if TYPE_CHECKING:
    import gemmi

PDB_SUFFIXES: Final = (".pdb", ".ent")
MMCIF_SUFFIXES: Final = (".cif", ".mmcif")

_LARGEST: Final = 2**30
_GZIP: Final = b"\x1f\x8b"
_ATOMS: Final = ("ATOM", "HETATM")
_COLUMNS: Final = (30, 38, 46)
_WIDTH: Final = 8
_COORDINATE: Final = re.compile(r" *[-+]?(?:\d+\.?\d*|\.\d+) *")


def load_gemmi() -> ModuleType:
    """Import the reader.

    Raises
    ------
    MissingDependencyError
        If it is not installed.
    """
    try:
        import gemmi
    except ImportError as error:
        raise MissingDependencyError(
            "files of structures need the package gemmi, which is not installed.",
            "pip install dnawire[structures]",
        ) from error
    return gemmi


def suffix_of(path: Path) -> str | None:
    """Suffix that tells the format of a file of coordinates, without ``.gz``; None if none does."""
    suffix = Path(path.name.lower().removesuffix(".gz")).suffix
    return suffix if suffix in (*PDB_SUFFIXES, *MMCIF_SUFFIXES) else None


def required_suffix(path: Path) -> str:
    """Suffix that tells the format of a file.

    Raises
    ------
    UsageError
        If none does.
    """
    suffix = suffix_of(path)
    if suffix is None:
        known = ", ".join((*PDB_SUFFIXES, *MMCIF_SUFFIXES))
        raise UsageError(
            f"{path}: its name does not tell its format.",
            f"end the name in one of {known}, or in one of these and .gz.",
        )
    return suffix


def load_models(path: Path) -> list[gemmi.Model]:
    """Read all models of a file in their order.

    Parameters
    ----------
    path
        PDB or mmCIF by its suffix; gzip is unpacked. Models are divided by ``MODEL`` or ``END``.

    Returns
    -------
    list of gemmi.Model
        With the atoms as they stand in the file; a chain ends at ``TER``.

    Raises
    ------
    NotFoundError, NotReadableError
        If there is no such file, or it may not be read.
    UsageError
        If the suffix is none of these.
    UnusableFileError
        If it is truncated, empty, no text or not of this format.
    MissingDependencyError
        If gemmi is not installed.
    """
    suffix = required_suffix(path)
    load_gemmi()
    text = _read_text(path)
    try:
        parse = _parse_pdb if suffix in PDB_SUFFIXES else _parse_mmcif
        models = list(parse(text))
    except (RuntimeError, ValueError, IndexError) as error:
        raise _unusable(path, str(error).strip().replace("\n", " ")) from error
    if not any(model.count_atom_sites() for model in models):
        raise _unusable(path, "it holds no atoms")
    return models


def _read_text(path: Path) -> str:
    try:
        content = read_regular(path, _LARGEST)
        if content.startswith(_GZIP):
            with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
                content = file.read(_LARGEST + 1)
        if len(content) > _LARGEST:
            raise NotTextError(f"it unpacks to more than {_LARGEST} bytes")
        # One byte for each letter, so that columns stay where they are.
        return decode_ascii(content).encode("ascii", "replace").decode("ascii")
    except FileNotFoundError as error:
        raise NotFoundError(f"{path} does not exist.", "name a file of coordinates.") from error
    except PermissionError as error:
        raise NotReadableError(f"{path} may not be read.", "mend its permissions.") from error
    except (OSError, EOFError, zlib.error, NotTextError) as error:
        raise _unusable(path, getattr(error, "strerror", None) or str(error)) from error


def _unusable(path: Path, problem: str) -> UnusableFileError:
    return UnusableFileError(
        f"{path}: {problem}.", "use an intact file in the PDB or the mmCIF format."
    )


def _parse_pdb(text: str) -> Iterator[gemmi.Model]:
    """Models of all parts that ``END`` divides."""
    gemmi = load_gemmi()
    lines = text.split("\n")
    for number, line in enumerate(lines, start=1):
        if line.startswith(_ATOMS):
            _check_columns(number, line)
    for is_end, part in groupby(lines, key=lambda line: line[:6].rstrip() == "END"):
        frame = list(part)
        expected = sum(line.startswith(_ATOMS) for line in frame)
        if is_end or not expected:
            continue
        structure = gemmi.read_pdb_string("\n".join(frame), split_chain_on_ter=True)
        _check_number(expected, list(structure))
        yield from (model.clone() for model in structure)


def _check_columns(number: int, line: str) -> None:
    for start in _COLUMNS:
        text = line[start : start + _WIDTH]
        if _COORDINATE.fullmatch(text) is None:
            raise ValueError(
                f"line {number}: {text!r} in columns {start + 1} to {start + _WIDTH} is no "
                "coordinate"
            )


def _parse_mmcif(text: str) -> Iterator[gemmi.Model]:
    gemmi = load_gemmi()
    blocks = [
        block for block in gemmi.cif.read_string(text) if block.find_loop("_atom_site.Cartn_x")
    ]
    if len(blocks) > 1:
        names = ", ".join(block.name for block in blocks)
        raise ValueError(f"it holds several blocks of atoms ({names}), not one with models")
    for block in blocks:
        structure = gemmi.make_structure_from_block(block)
        _check_number(len(block.find_loop("_atom_site.Cartn_x")), list(structure))
        yield from (model.clone() for model in structure)


def _check_number(expected: int, models: list[gemmi.Model]) -> None:
    found = sum(model.count_atom_sites() for model in models)
    if found != expected:
        raise ValueError(f"{found} of its {expected} atoms can be read")
