"""Structures as files in the PDB or the mmCIF format."""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from dnawire.errors import NotWritableError, UsageError
from dnawire.files.durable import replace_durably
from dnawire.files.exclusive import create_durably
from dnawire.junction import BASES
from dnawire.structures.atoms import AtomicStructure
from dnawire.structures.coordinates import PDB_SUFFIXES, load_gemmi, required_suffix
from dnawire.structures.names import residue_name
from dnawire.structures.pdb import pdb_text

if TYPE_CHECKING:
    import gemmi

_CHAINS: Final = "AB"
_GROUPS: Final = (
    *("block_name", "entry", "entity", "entity_poly", "entity_poly_seq"),
    *("struct_asym", "atoms", "group_pdb"),
)
"""What the file holds: there is no unit cell and no symmetry."""


def write_structures(
    path: Path, structures: Sequence[AtomicStructure], *, overwrite: bool = False
) -> None:
    """Write structures to one file, each as a model; chain A is the upper strand, B the lower one.

    The file appears under its name only when it is complete and on disk.

    Parameters
    ----------
    path
        File to write: PDB (``.pdb``, ``.ent``; 0.001 Angstrom) or mmCIF (``.cif``, ``.mmcif``; 9
        digits) by its suffix, compressed with ``.gz`` after it.
    structures
        One or more.
    overwrite
        Whether a file of that name may be replaced: also one that appears meanwhile.

    Raises
    ------
    NotWritableError
        If the file exists and may not be replaced, or the system refuses.
    UsageError
        If there is no structure, they are not of one duplex, a position is not finite, the suffix
        tells no format, or a number does not fit into the columns of the PDB format.
    MissingDependencyError
        If mmCIF is asked for and the package gemmi is not installed.
    """
    suffix = required_suffix(path)
    _check(path, structures)
    if os.path.lexists(path) and not overwrite:
        raise NotWritableError.exists(path)
    if suffix in PDB_SUFFIXES:
        text = pdb_text(structures[0] if len(structures) == 1 else structures)
    else:
        text = _mmcif_text(structures)
    data = text.encode("ascii")
    if path.suffix.lower() == ".gz":
        data = gzip.compress(data, mtime=0)
    write = replace_durably if overwrite else create_durably
    try:
        write(path, data)
    except FileExistsError as error:
        raise NotWritableError.exists(path) from error
    except OSError as error:
        raise NotWritableError(
            f"{path} cannot be written: {error.strerror or error}.",
            "make room there, or write to another folder.",
        ) from error


def _check(path: Path, structures: Sequence[AtomicStructure]) -> None:
    if not structures:
        raise UsageError(f"{path}: there is no structure to write.", "give at least one.")
    for number, structure in enumerate(structures, start=1):
        if not np.isfinite(structure.positions).all():
            raise UsageError(
                f"{path}: positions of structure {number} are not finite.", "leave it out."
            )
        if structure.duplex != structures[0].duplex:
            raise UsageError(
                f"{path}: structure {number} is one of '{structure.duplex.text}', the first one of "
                f"'{structures[0].duplex.text}'.",
                "write a file for each duplex.",
            )


def _mmcif_text(structures: Sequence[AtomicStructure]) -> str:
    gemmi = load_gemmi()
    written = gemmi.Structure()
    written.name = "DNAWIRE"
    for number, structure in enumerate(structures, start=1):
        model = gemmi.Model(number)
        for strand, name in enumerate(_CHAINS):
            chain = gemmi.Chain(name)
            for residue in _residues(structure, strand):
                chain.add_residue(residue)
            model.add_chain(chain)
        written.add_model(model)
    written.setup_entities()
    for entity in written.entities:
        entity.polymer_type = gemmi.PolymerType.Dna
        residues = written[0].get_subchain(entity.subchains[0])
        entity.full_sequence = [residue.name for residue in residues]
    written.assign_label_seq_id()
    written.assign_serial_numbers()
    groups = gemmi.MmcifOutputGroups(False, **dict.fromkeys(_GROUPS, True))
    return str(written.make_mmcif_document(groups).as_string())


def _residues(structure: AtomicStructure, strand: int) -> Iterator[gemmi.Residue]:
    gemmi = load_gemmi()
    length = structure.duplex.length
    letters = structure.duplex.upper + structure.duplex.lower
    elements = structure.elements
    for nucleotide, atoms in groupby(range(len(structure)), key=structure.nucleotides.__getitem__):
        if nucleotide // length != strand:
            continue
        residue = gemmi.Residue()
        residue.name = residue_name(letters[nucleotide])
        residue.seqid = gemmi.SeqId(int(nucleotide) % length + 1, " ")
        residue.entity_type = gemmi.EntityType.Polymer
        residue.het_flag = "A" if letters[nucleotide] in BASES else "H"
        for row in atoms:
            atom = gemmi.Atom()
            atom.name = structure.names[row]
            atom.element = gemmi.Element(elements[row])
            atom.pos = gemmi.Position(*structure.positions[row].tolist())
            atom.b_iso = 0.0
            residue.add_atom(atom)
        yield residue
