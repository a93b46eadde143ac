"""``dnawire.structure``: atoms of a duplex, ideal or from a file, and what was done with them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

from dnawire.api.keywords import takes
from dnawire.api.tables import aligned, data_frame, html_lines, html_table
from dnawire.api.target import check_target
from dnawire.errors import UsageError
from dnawire.files.paths import is_file
from dnawire.junction import STRANDS, WITH_METHYLCYTOSINE, Duplex
from dnawire.structures import (
    AtomicStructure,
    BasePairSteps,
    Form,
    Helix,
    StructureReading,
    TerminalPhosphates,
    base_pair_steps,
    build_duplex,
    check_structure,
    examine_structures,
    helix_of,
    write_structures,
)

if TYPE_CHECKING:
    import pandas as pd

    from dnawire.plots import Table


class Structure(Sequence[AtomicStructure]):
    """All atoms of a duplex, in one or more geometries. It prints as a table of the steps.

    Parameters
    ----------
    frames
        At least one geometry, all of one duplex.
    heading
        Lines that say what they are, and what was done with them.
    """

    def __init__(self, frames: Sequence[AtomicStructure], heading: Sequence[str]) -> None:
        self._frames = list(frames)
        self._heading = list(heading)

    @classmethod
    def of(
        cls,
        source: Duplex | Path | str,
        form: Form | None,
        chains: Sequence[str],
        terminal_phosphates: TerminalPhosphates,
    ) -> Structure:
        """Build or read; see `structure`.

        Raises
        ------
        DnawireError
            The source is no duplex and no file of one.
        """
        if isinstance(source, Path) or (isinstance(source, str) and is_file(source)):
            path = Path(os.path.expanduser(source))
            if form is not None:
                raise UsageError(
                    f"form = {form} has no effect on {path}, which has its geometry.",
                    "leave --form out, or name a duplex.",
                )
            readings = examine_structures(
                path, chains=chains, terminal_phosphates=terminal_phosphates
            )
            frames = [reading.structure for reading in readings]
            _check_one_duplex(path, frames)
            return cls(frames, aligned(list(_read_rows(path, readings))))
        if chains or terminal_phosphates != "refuse":
            raise UsageError(
                f"'{source}' is a duplex, which has neither chains nor phosphates at its ends.",
                "leave --chains and --terminal_phosphates out, or name a file.",
            )
        if not isinstance(source, Duplex):
            source = Duplex.parse(source, WITH_METHYLCYTOSINE)
        helix = helix_of(form or "b")
        frame = build_duplex(source, helix)
        check_structure(frame)
        return cls([frame], aligned(_ideal_rows(frame, helix)))

    def __len__(self) -> int:
        return len(self._frames)

    @overload
    def __getitem__(self, index: int) -> AtomicStructure: ...

    @overload
    def __getitem__(self, index: slice) -> list[AtomicStructure]: ...

    def __getitem__(self, index: int | slice) -> AtomicStructure | list[AtomicStructure]:
        """Atoms of one geometry, or of several."""
        return self._frames[index]

    @property
    def heading(self) -> list[str]:
        """Lines that say what they are, and what was done with them."""
        return self._heading

    @property
    def duplex(self) -> Duplex:
        """The molecule."""
        return self._frames[0].duplex

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the atoms as in PDB files, (A,)."""
        return self._frames[0].names

    @property
    def elements(self) -> tuple[str, ...]:
        """Symbols of their elements, (A,)."""
        return self._frames[0].elements

    @property
    def positions(self) -> NDArray[np.float64]:
        """Positions of the atoms, (geometries, A, 3), Angstrom."""
        return np.stack([one.positions for one in self])

    @property
    def charge(self) -> int:
        """Total charge in e."""
        return self._frames[0].charge

    @property
    def steps(self) -> BasePairSteps:
        """Rise (Angstrom), roll and twist (degrees) of the steps, each (geometries, L - 1).

        Steps of a pair that lacks a base have none: NaN.
        """
        found = np.array([base_pair_steps(one) for one in self])
        return BasePairSteps(*found.swapaxes(0, 1))

    @property
    def rows(self) -> list[list[str]]:
        """Table of the steps: values, or means and standard deviations over the geometries."""
        steps = self.steps
        pairs = list(zip(self.duplex.upper, reversed(self.duplex.lower), strict=True))
        rows = [["step", "rise (A)", "roll (deg)", "twist (deg)"]]
        for number, (one, two) in enumerate(pairwise(pairs)):
            values = zip((steps.rise, steps.roll, steps.twist), (2, 1, 1), strict=True)
            cells = [_cell(column[:, number], digits) for column, digits in values]
            rows.append([f"{number + 1} {one[0]}{two[0]}/{two[1]}{one[1]}", *cells])
        return rows

    def step_table(self) -> Table:
        """A row for each step of each geometry, as columns."""
        steps, first = self.steps, [row[0] for row in self.rows[1:]]
        count = len(self)
        return {
            "geometry": ("", np.repeat(np.arange(1, count + 1), len(first))),
            "step": ("", first * count),
            "rise": ("Angstrom", steps.rise.reshape(-1)),
            "roll": ("degrees", steps.roll.reshape(-1)),
            "twist": ("degrees", steps.twist.reshape(-1)),
        }

    @property
    def lines(self) -> list[str]:
        """All that is printed."""
        # An empty last column, since `aligned` puts a last one to the left.
        table = aligned([[*row, ""] for row in self.rows]) if self.duplex.length > 1 else []
        return [*self.heading, "", *table]

    def table(self) -> Table:
        """A row for each atom of each geometry, as columns; positions in Angstrom."""
        count, length = len(self), self.duplex.length
        strand, position = divmod(self._frames[0].nucleotides, length)
        letters = self.duplex.upper + self.duplex.lower
        columns: dict[str, Sequence[Any]] = {
            "strand": [STRANDS[one] for one in strand],
            "position": position.tolist(),
            "base": [letters[one] for one in self._frames[0].nucleotides],
            "name": self.names,
            "element": self.elements,
        }
        where = self.positions.reshape(-1, 3)
        return {
            "geometry": ("", np.repeat(np.arange(1, count + 1), len(self.names))),
            **{name: ("", [*values] * count) for name, values in columns.items()},
            **{axis: ("Angstrom", where[:, column]) for column, axis in enumerate("xyz")},
        }

    def to_dataframe(self) -> pd.DataFrame:
        """The atoms as a pandas data frame, a row for each atom of each geometry.

        Raises
        ------
        MissingDependencyError
            If pandas is not installed.
        """
        return data_frame(self.table())

    @takes(())
    def save(self, path: Path | str, *, overwrite: bool = False) -> Path:
        """Write the geometries to a file, each as a model.

        Parameters
        ----------
        path
            File to write, of a format that its suffix tells: PDB (.pdb, .ent) or mmCIF (.cif,
            .mmcif), compressed with .gz after it.
        overwrite
            Replace the file if it exists.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        NotWritableError
            The file exists and may not be replaced, or the system refuses.
        UsageError
            The suffix tells no format, or a number does not fit into it.
        """
        target = Path(path)
        check_target(target, overwrite=overwrite)
        write_structures(target, self._frames, overwrite=overwrite)
        return target

    def __repr__(self) -> str:
        return "\n".join(self.lines)

    def _repr_html_(self) -> str:
        return html_lines(self.heading) + html_table(self.rows)


@takes(())
def structure(
    source: Duplex | Path | str,
    *,
    form: Form | None = None,
    chains: Sequence[str] = (),
    terminal_phosphates: TerminalPhosphates = "refuse",
) -> Structure:
    """Build the ideal structure of a duplex, or read one: with our names, order and hydrogens.

    Parameters
    ----------
    source
        A duplex, e.g. ``"ACGT"`` or ``"ACGT/AC_T"`` (``_`` is an abasic nucleotide), whose ideal
        fiber DNA is built; or a file of coordinates (.pdb, .ent, .cif, .mmcif, also with .gz),
        whose models are read.
    form
        Form of the helix of a duplex, ``"a"`` or ``"b"``; None takes B-DNA.
    chains
        Names of the two chains of a file to read; without them all are read.
    terminal_phosphates
        Phosphates at 5' ends of a file, which have no place here: ``"refuse"``, or ``"remove"``,
        which puts OH there.

    Returns
    -------
    Structure
        A sequence of `AtomicStructure`, one for each model.

    Raises
    ------
    DnawireError
        The source is no duplex and no file of one.
    """
    return Structure.of(source, form, chains, terminal_phosphates)


def _check_one_duplex(path: Path, frames: Sequence[AtomicStructure]) -> None:
    for number, frame in enumerate(frames, start=1):
        if frame.duplex != frames[0].duplex:
            raise UsageError(
                f"{path}: model {number} is one of '{frame.duplex.text}', the first one of "
                f"'{frames[0].duplex.text}'.",
                "put each duplex into a file of its own.",
            )


def _ideal_rows(frame: AtomicStructure, helix: Helix) -> list[tuple[str, str]]:
    return [
        ("duplex", frame.duplex.text),
        ("helix", helix.title),
        ("atoms", str(len(frame))),
        ("charge", f"{frame.charge} e"),
    ]


def _read_rows(path: Path, readings: Sequence[StructureReading]) -> Iterator[tuple[str, str]]:
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


def _cell(values: NDArray[np.float64], digits: int) -> str:
    """A number of a step in all geometries, if there is one."""
    if np.isnan(values).any():
        return "-"
    if len(values) == 1:
        return f"{values[0]:.{digits}f}"
    return f"{values.mean():.{digits}f} +- {values.std():.{digits}f}"
