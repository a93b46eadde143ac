"""``dnawire structure``: atoms of a duplex, ideal or from a file."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import tyro

from dnawire.api.tables import aligned
from dnawire.api.target import check_target
from dnawire.cli._flags import Messages, is_file, parse
from dnawire.errors import EXIT_FINISHED, UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from dnawire.structures import AtomicStructure, StructureReading


@dataclass(frozen=True)
class StructureFlags:
    """Build the ideal structure of a duplex, or read one: give it our names, order and hydrogens.

    dnawire structure ACGT ideal.pdb builds fiber B-DNA; dnawire structure 1bna.pdb 1bna_all.cif
    reads a crystal or frames of a simulation, and tells what was done with them.
    """

    source: tyro.conf.Positional[str]
    """Duplex, such as ACGT or GACTC/GATTC, or a file of coordinates (.pdb, .ent, .cif, .mmcif, also
    with .gz)."""

    out: tyro.conf.Positional[Path | None] = None
    """File to write, of a format that its suffix tells; without it nothing is written."""

    chains: tuple[str, ...] = ()
    """Names of the two chains of a file to read; without them all are read."""

    terminal_phosphates: Literal["refuse", "remove"] = "refuse"
    """Phosphates at 5' ends of a file, which have no place here: remove puts OH there."""

    overwrite: tyro.conf.FlagCreatePairsOff[bool] = False
    """Replace the file if it exists."""

    messages: Messages = field(default_factory=Messages)


def run(arguments: Sequence[str]) -> int:
    """Build or read, print what came of it, write it, and return the exit code.

    Raises
    ------
    dnawire.errors.DnawireError
        The source is no duplex and no file of one, or the file cannot be written.
    """
    flags = parse(StructureFlags, arguments, "structure")
    flags.messages.configure()
    if flags.out is not None:
        check_target(flags.out, overwrite=flags.overwrite)
    from dnawire.structures import write_structures

    if is_file(flags.source):
        structures, lines = _read(flags)
    else:
        structures, lines = _build(flags)
    print("\n".join((*lines, "", *_steps(structures))))
    if flags.out is not None:
        write_structures(flags.out, structures, overwrite=flags.overwrite)
        print(f"\nwritten: {flags.out}")
    return EXIT_FINISHED


def _build(flags: StructureFlags) -> tuple[list[AtomicStructure], list[str]]:
    from dnawire.junction import Duplex
    from dnawire.structures import build_duplex, check_structure, load_helix

    if flags.chains or flags.terminal_phosphates != "refuse":
        raise UsageError(
            f"'{flags.source}' is a duplex, which has neither chains nor phosphates at its ends.",
            "leave --chains and --terminal_phosphates out, or name a file.",
        )
    structure = build_duplex(Duplex.parse(flags.source))
    check_structure(structure)
    rows = [
        ("duplex", structure.duplex.text),
        ("helix", load_helix().title),
        ("atoms", str(len(structure))),
        ("charge", f"{structure.charge} e"),
    ]
    return [structure], aligned(rows)


def _read(flags: StructureFlags) -> tuple[list[AtomicStructure], list[str]]:
    from dnawire.structures import examine_structures

    path = Path(os.path.expanduser(flags.source))
    readings = examine_structures(
        path, chains=flags.chains, terminal_phosphates=flags.terminal_phosphates
    )
    structures = [reading.structure for reading in readings]
    _check_one_duplex(path, structures)
    return structures, aligned(list(_rows(path, readings)))


def _check_one_duplex(path: Path, structures: Sequence[AtomicStructure]) -> None:
    for number, structure in enumerate(structures, start=1):
        if structure.duplex != structures[0].duplex:
            raise UsageError(
                f"{path}: model {number} is one of '{structure.duplex.text}', the first one of "
                f"'{structures[0].duplex.text}'.",
                "put each duplex into a file of its own.",
            )


def _rows(path: Path, readings: Sequence[StructureReading]) -> Iterator[tuple[str, str]]:
    first = readings[0]
    duplex = first.structure.duplex
    yield "file", str(path)
    yield "models", str(len(readings))
    yield "upper strand", f"{duplex.upper}  {first.strands[0]}"
    yield "lower strand", f"{duplex.lower}  {first.strands[1]}"
    yield "atoms", f"{len(first.structure)}, charge {first.structure.charge} e"
    yield "hydrogens added", _all_models([str(one.num_added) for one in readings])
    yield "left out", _all_models([_counted(one) for one in readings])
    yield "alternative locations", _all_models(["; ".join(one.alternatives) for one in readings])
    yield "5' phosphates removed", _all_models([", ".join(one.phosphates) for one in readings])
    yield "names exchanged", _all_models([", ".join(one.renamed) for one in readings])


def _counted(reading: StructureReading) -> str:
    return ", ".join(f"{number} {name}" for name, number in reading.left_out.items())


def _all_models(texts: Sequence[str]) -> str:
    """What holds for all models, or the different ones with their numbers."""
    different = dict.fromkeys(texts)
    if len(different) == 1:
        return texts[0] or "none"
    return " | ".join(f"{one or 'none'} ({texts.count(one)} models)" for one in different)


def _steps(structures: Sequence[AtomicStructure]) -> list[str]:
    """Table of the steps: values, or means and standard deviations over the models."""
    import numpy as np

    from dnawire.structures import base_pair_steps

    values = np.array([base_pair_steps(structure) for structure in structures])
    duplex = structures[0].duplex
    pairs = [f"{up}{low}" for up, low in zip(duplex.upper, reversed(duplex.lower), strict=True)]
    rows = [("step", "rise (A)", "roll (deg)", "twist (deg)", "")]
    for number, (one, two) in enumerate(pairwise(pairs)):
        name = f"{number + 1} {one[0]}{two[0]}/{two[1]}{one[1]}"
        rows.append((name, *_cells(values[:, :, number]), ""))
    return aligned(rows) if len(rows) > 1 else []


def _cells(values: NDArray[np.float64]) -> tuple[str, str, str]:
    """Rise, roll and twist of a step in all models, (models, 3)."""
    texts = [
        f"{mean:.{digits}f}" if len(values) == 1 else f"{mean:.{digits}f} +- {spread:.{digits}f}"
        for mean, spread, digits in zip(values.mean(0), values.std(0), (2, 1, 1), strict=True)
    ]
    return texts[0], texts[1], texts[2]
