"""A structure of the user as atoms in the order and with the names of this package."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from dnawire.errors import InvalidStructureError
from dnawire.junction import WITH_METHYLCYTOSINE, Duplex
from dnawire.structures.atoms import AtomicStructure
from dnawire.structures.checks import find_defect
from dnawire.structures.coordinates import load_models
from dnawire.structures.frame_range import ALL_FRAMES, FrameRange
from dnawire.structures.hydrogens import exchanged, missing_hydrogens
from dnawire.structures.nucleotides import FoundNucleotides, Nucleotide, find_nucleotides
from dnawire.structures.strands import Strand, find_strands
from dnawire.structures.template import PREVIOUS, Position, Template, load_template

if TYPE_CHECKING:
    import gemmi

_logger = logging.getLogger(__name__)

TerminalPhosphates = Literal["refuse", "remove"]
"""What becomes of phosphates at 5' ends."""

_TERMINAL_PHOSPHATE: Final = frozenset({"P", "OP1", "OP2", "OP3", "HOP1", "HOP2", "HOP3"})


@dataclass(frozen=True, eq=False)
class StructureReading:
    """A model of a file, and what was done with it.

    Parameters
    ----------
    structure
        The atoms.
    strands
        Where the upper and the lower strand were, for example ``DC A 1 to DG A 12``.
    num_added
        Number of hydrogens that were added.
    phosphates
        Nucleotides at 5' ends whose phosphate was removed.
    renamed
        Atoms whose names were exchanged, since geometry says so, with their nucleotides.
    left_out
        Numbers of residues that are no DNA by their names.
    alternatives
        For each nucleotide with alternative locations a text that tells the chosen one.
    """

    structure: AtomicStructure
    strands: tuple[str, str]
    num_added: int
    phosphates: tuple[str, ...]
    renamed: tuple[str, ...]
    left_out: Mapping[str, int]
    alternatives: tuple[str, ...]

    @property
    def remarks(self) -> Iterator[str]:
        """What a user should know of the reading, in sentences."""
        duplex = self.structure.duplex
        upper, lower = self.strands
        yield f"upper strand {duplex.upper} is {upper}, lower strand {duplex.lower} is {lower}"
        if self.num_added:
            yield f"{self.num_added} hydrogens were added"
        if self.phosphates:
            yield f"5' phosphates were removed: {', '.join(self.phosphates)}"
        if self.renamed:
            yield f"names were exchanged, since geometry says so: {', '.join(self.renamed)}"
        if self.alternatives:
            yield f"alternative locations were chosen: {'; '.join(self.alternatives)}"
        if self.left_out:
            names = ", ".join(f"{number} {name}" for name, number in self.left_out.items())
            yield f"residues that are no DNA were left out: {names}"


def read_structures(
    path: Path,
    *,
    chains: Sequence[str] = (),
    terminal_phosphates: TerminalPhosphates = "refuse",
) -> list[AtomicStructure]:
    """Read the duplex of every model of a file.

    What is done on the way (hydrogens that are added, residues that are left out, alternative
    locations that are chosen) is logged; see `examine_structures`.

    Parameters
    ----------
    path
        PDB (``.pdb``, ``.ent``) or mmCIF (``.cif``, ``.mmcif``), possibly compressed (``.gz``).
    chains
        Names of the two chains to read; without names all are read.
    terminal_phosphates
        ``"remove"`` puts OH in the place of phosphates at 5' ends, which ``"refuse"`` refuses.

    Returns
    -------
    list of AtomicStructure
        One per model, in their order, with 5'-OH and 3'-OH ends and all hydrogens.

    Raises
    ------
    NotFoundError, NotReadableError
        If there is no such file, or it may not be read.
    UsageError
        If the suffix tells no format.
    UnusableFileError
        If the file is damaged, or holds no atoms.
    InvalidStructureError
        If a model is not one duplex of DNA of whole nucleotides, or `check_structure` refuses it;
        names model, chain, residue and atom.
    MissingDependencyError
        If the package gemmi is not installed.
    """
    readings = examine_structures(path, chains=chains, terminal_phosphates=terminal_phosphates)
    log_remarks(path, readings)
    return [reading.structure for reading in readings]


def log_remarks(path: Path, readings: Sequence[StructureReading]) -> None:
    """Log what was done with the models of a file, each remark once."""
    counts = Counter(remark for reading in readings for remark in reading.remarks)
    for remark, count in counts.items():
        number = f" (in {count} of {len(readings)} models)" if len(readings) > 1 else ""
        _logger.info("%s: %s%s", path, remark, number)


def examine_structures(
    path: Path,
    *,
    chains: Sequence[str] = (),
    terminal_phosphates: TerminalPhosphates = "refuse",
) -> list[StructureReading]:
    """Read the duplex of every model of a file, and what was done with it; logs nothing.

    Parameters and errors are those of `read_structures`.
    """
    readings = []
    for _, found in examine_models(path, chains=chains, terminal_phosphates=terminal_phosphates):
        if isinstance(found, InvalidStructureError):
            raise found
        readings.append(found)
    return readings


def examine_models(
    path: Path,
    *,
    chains: Sequence[str] = (),
    terminal_phosphates: TerminalPhosphates = "refuse",
    frame_range: FrameRange = ALL_FRAMES,
) -> Iterator[tuple[int, StructureReading | InvalidStructureError]]:
    """Read one model of a file after the other; what is wrong with one is its error.

    Parameters are those of `read_structures`, and so are the errors that are raised;
    ``frame_range`` tells which models.

    Yields
    ------
    number, reading
        Number of the model, from 1, and what was read.
    """
    models = load_models(path)
    for number in frame_range.numbers(len(models), path):
        try:
            yield number, read_model(models[number - 1], chains, terminal_phosphates)
        except InvalidStructureError as error:
            place = f"{path}, model {number}" if len(models) > 1 else str(path)
            yield number, InvalidStructureError(f"{place}: {error.problem}", error.remedy)


def read_model(
    model: gemmi.Model, chains: Sequence[str], terminal_phosphates: TerminalPhosphates
) -> StructureReading:
    """Read the duplex of a model; parameters and errors are those of `read_structures`."""
    found = find_nucleotides(model, chains)
    strands = find_strands(found.nucleotides)
    phosphates = tuple(strand[0].place for strand in strands if _is_phosphorylated(strand[0]))
    if phosphates and terminal_phosphates == "refuse":
        raise InvalidStructureError(
            f"there is a phosphate at 5' ends: {', '.join(phosphates)}; strands end in OH here, "
            "with the total charge -2(L - 1).",
            "remove it from the file, or ask for that (terminal_phosphates remove).",
        )
    reading = _assemble(strands, found, phosphates)
    defect = find_defect(reading.structure)
    if defect is not None:
        raise InvalidStructureError(
            f"structure of '{reading.structure.duplex.text}': {defect}.",
            "mend the geometry, or leave the model out.",
        )
    return reading


def _is_phosphorylated(nucleotide: Nucleotide) -> bool:
    return not _TERMINAL_PHOSPHATE.isdisjoint(nucleotide.atoms)


def _assemble(
    strands: tuple[Strand, Strand], found: FoundNucleotides, phosphates: tuple[str, ...]
) -> StructureReading:
    names: list[str] = []
    positions: list[Position] = []
    numbers: list[int] = []
    renamed: list[str] = []
    num_added = 0
    for number, (nucleotide, template, given) in enumerate(_prepared(strands)):
        atoms, pairs = exchanged(given, template)
        added = dict(missing_hydrogens(atoms, template))
        atoms.update(added)
        num_added += len(added)
        renamed += [f"{nucleotide.place} {name}" for name in pairs]
        names += template.names
        positions += [atoms[name] for name in template.names]
        numbers += [number] * len(template.names)
    upper, lower = ("".join(one.base for one in strand) for strand in strands)
    return StructureReading(
        structure=AtomicStructure(
            duplex=Duplex(upper, lower, alphabet=WITH_METHYLCYTOSINE),
            names=tuple(names),
            positions=np.array(positions),
            nucleotides=np.array(numbers, dtype=np.int64),
        ),
        strands=(_ends(strands[0]), _ends(strands[1])),
        num_added=num_added,
        phosphates=phosphates,
        renamed=tuple(renamed),
        left_out=found.left_out,
        alternatives=found.alternatives,
    )


def _ends(strand: Strand) -> str:
    return f"{strand[0].place} to {strand[-1].place}"


def _prepared(
    strands: tuple[Strand, Strand],
) -> list[tuple[Nucleotide, Template, dict[str, Position]]]:
    """Nucleotides with their templates and heavy atoms, which are complete."""
    found: list[tuple[Nucleotide, Template, dict[str, Position]]] = []
    problems: list[str] = []
    for strand in strands:
        for place, nucleotide in enumerate(strand):
            template = load_template(
                nucleotide.base, is_first=place == 0, is_last=place == len(strand) - 1
            )
            atoms = dict(nucleotide.atoms)
            if place == 0:
                atoms = {k: v for k, v in atoms.items() if k not in _TERMINAL_PHOSPHATE}
            problems += _problems(nucleotide.place, atoms, template)
            if place > 0 and "O3'" in strand[place - 1].atoms:
                atoms[PREVIOUS] = strand[place - 1].atoms["O3'"]
            found.append((nucleotide, template, atoms))
    if problems:
        raise InvalidStructureError(
            f"{'; '.join(problems)}.",
            "complete the nucleotides, of which only hydrogens are added; name the atoms as PDB "
            "files do, for example C1' or OP1.",
        )
    return found


def _problems(place: str, atoms: Mapping[str, Position], template: Template) -> Iterator[str]:
    missing = [name for name in template.names if not name.startswith("H") and name not in atoms]
    foreign = [name for name in atoms if name not in template.names]
    if missing:
        yield f"{place} lacks {', '.join(missing)}"
    if foreign:
        yield f"{place} has {', '.join(foreign)}, which is no atom of it there"
