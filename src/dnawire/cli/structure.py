"""``dnawire structure``: atoms of a duplex, ideal or from a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import tyro

from dnawire.api.target import check_target
from dnawire.cli._flags import ResultMessages, parse
from dnawire.errors import EXIT_FINISHED


@dataclass(frozen=True)
class StructureFlags:
    """Build the ideal structure of a duplex, or read one: give it our names, order and hydrogens.

    dnawire structure ACGT ideal.pdb builds fiber B-DNA, and fiber A-DNA with --form a; dnawire
    structure 1bna.pdb 1bna_all.cif reads a crystal or frames of a simulation, and tells what was
    done with them.
    """

    source: tyro.conf.Positional[str]
    """Duplex, such as ACGT, GACTC/GATTC or ACGT/ACG_ (_ is an abasic nucleotide), or a file of
    coordinates (.pdb, .ent, .cif, .mmcif, also with .gz)."""

    out: tyro.conf.Positional[Path | None] = None
    """File to write, of a format that its suffix tells; without it nothing is written."""

    form: Literal["a", "b"] | None = None
    """Form of the helix of a duplex: fiber A-DNA or B-DNA; None takes b."""

    chains: tuple[str, ...] = ()
    """Names of the two chains of a file to read; without them all are read."""

    terminal_phosphates: Literal["refuse", "remove"] = "refuse"
    """Phosphates at 5' ends of a file, which have no place here: remove puts OH there."""

    overwrite: tyro.conf.FlagCreatePairsOff[bool] = False
    """Replace the file if it exists."""

    messages: ResultMessages = field(default_factory=ResultMessages)


def run(arguments: Sequence[str]) -> int:
    """Build or read, print what came of it, write it, and return the exit code.

    Raises
    ------
    dnawire.errors.DnawireError
        The source is no duplex and no file of one, or the file cannot be written.
    """
    flags = parse(StructureFlags, arguments, "structure")
    flags.messages.configure()
    from dnawire.api.structure import Structure
    from dnawire.structures import write_structures
    from dnawire.structures.coordinates import required_suffix

    if flags.out is not None:
        required_suffix(flags.out)
        check_target(flags.out, overwrite=flags.overwrite)
    found = Structure.of(flags.source, flags.form, flags.chains, flags.terminal_phosphates)
    notes = []
    if flags.out is not None:
        write_structures(flags.out, found, overwrite=flags.overwrite)
        notes = [f"written: {flags.out}"]
    lines = [*found.lines, "", *notes] if notes else found.lines
    flags.messages.show_result(lines, found.heading, found.step_table(), [], notes)
    return EXIT_FINISHED
