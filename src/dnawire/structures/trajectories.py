"""Frames of a simulation, read one after the other by mdtraj; a topology names their atoms.

MDTraj (doi:10.1016/j.bpj.2015.08.015) has frames in nanometers and our atoms are in Angstrom.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from dnawire.errors import (
    DnawireError,
    InvalidStructureError,
    MissingDependencyError,
    NotFoundError,
    NotReadableError,
    UnusableFileError,
    UsageError,
)
from dnawire.files.native_output import captured_stdout
from dnawire.structures.coordinates import load_gemmi
from dnawire.structures.frame_range import ALL_FRAMES, FrameRange
from dnawire.structures.names import base_of
from dnawire.structures.nucleotides import find_nucleotides
from dnawire.structures.periodic import made_whole
from dnawire.structures.reading import StructureReading, read_model

if TYPE_CHECKING:
    import gemmi

Doubles = NDArray[np.float64]

TRAJECTORY_SUFFIXES: Final = (".xtc", ".trr", ".dcd")
TOPOLOGY_SUFFIXES: Final = (
    *(".pdb", ".pdb.gz", ".cif", ".cif.gz", ".mmcif", ".mmcif.gz"),
    *(".gro", ".psf", ".prmtop", ".parm7"),
)

_PER_NANOMETER: Final = 10.0
_WHOLE: Final = "molecules were made whole across the faces of the periodic box"
_DAMAGED: Final = (OSError, RuntimeError, ValueError, IndexError, KeyError, TypeError)
"""What mdtraj raises for a file that is damaged or of another format."""

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Trajectory:
    """Frames of a duplex in a file, read when they are asked for, one at a time.

    `open_trajectory` makes one.

    Parameters
    ----------
    path
        The file of the frames.
    numbers
        Numbers of the frames that are read, from 1.
    left_out
        Numbers of residues of the topology that are no DNA by their names.
    topology
        Atoms of all residues, as mdtraj has them.
    atoms
        Numbers of the atoms of nucleotides in the topology, (A,).
    model
        The nucleotides; positions are those of the frame that was read last.
    """

    path: Path
    numbers: range
    left_out: Mapping[str, int]
    topology: Any
    atoms: NDArray[np.int64]
    model: gemmi.Model
    _told: set[str] = field(default_factory=set)

    def __len__(self) -> int:
        return len(self.numbers)

    def __iter__(self) -> Generator[StructureReading | DnawireError]:
        """Read one frame after the other; what is wrong with one is its error, with its number."""
        with _opened(self.path) as file:
            for number in self.numbers:
                try:
                    reading, remarks = self._read(file, number)
                except (InvalidStructureError, UnusableFileError) as error:
                    place = f"{self.path}, frame {number}"
                    yield type(error)(f"{place}: {error.problem}", error.remedy)
                    continue
                for remark in remarks:
                    if remark not in self._told:
                        _logger.info("%s, from frame %d on: %s", self.path, number, remark)
                self._told.update(remarks)
                yield reading

    def _read(self, file: Any, number: int) -> tuple[StructureReading, list[str]]:  # noqa: ANN401
        positions, box = self._positions(file, number)
        found = positions if box is None else made_whole(positions, box)
        gemmi = load_gemmi()
        for one, position in zip(self.model.all(), found, strict=True):
            one.atom.pos = gemmi.Position(*position.tolist())
        reading = replace(read_model(self.model, (), "refuse"), left_out=self.left_out)
        is_whole = np.array_equal(found, positions)
        return reading, [*reading.remarks, *([] if is_whole else [_WHOLE])]

    def _positions(
        self,
        file: Any,  # noqa: ANN401
        number: int,
    ) -> tuple[Float[Doubles, "A 3"], Float[Doubles, "3 3"] | None]:
        """Positions of the nucleotides and vectors of the box, if there is one, in Angstrom."""
        remedy = "leave the frame out, or repair the file."
        try:
            file.seek(number - 1)
            frame = file.read_as_traj(self.topology, n_frames=1, atom_indices=self.atoms)
        except _DAMAGED as error:
            raise UnusableFileError(f"it cannot be read ({error}).", remedy) from error
        if len(frame) != 1 or frame.n_atoms != len(self.atoms):
            raise UnusableFileError("it is not complete.", remedy)
        positions = frame.xyz[0].astype(np.float64) * _PER_NANOMETER
        if not np.isfinite(positions).all():
            raise InvalidStructureError("positions are not finite.", remedy)
        with warnings.catch_warnings():
            # It warns of a box that cannot be, which is refused here.
            warnings.simplefilter("ignore")
            vectors = frame.unitcell_vectors
        if vectors is None:
            return positions, None
        box = vectors[0].astype(np.float64) * _PER_NANOMETER
        if not (np.isfinite(box).all() and abs(np.linalg.det(box)) > 0.0):
            raise InvalidStructureError("its periodic box has no volume.", remedy)
        return positions, box


def load_mdtraj() -> ModuleType:
    """Import the reader of trajectories.

    Raises
    ------
    MissingDependencyError
        If it is not installed.
    """
    try:
        import mdtraj
    except ImportError as error:
        raise MissingDependencyError(
            "trajectories need the package mdtraj, which is not installed.",
            "pip install dnawire[trajectories]",
        ) from error
    found: ModuleType = mdtraj
    return found


def open_trajectory(path: Path, topology: Path, frame_range: FrameRange = ALL_FRAMES) -> Trajectory:
    """Prepare to read frames of a duplex.

    Parameters
    ----------
    path
        Frames: GROMACS (``.xtc``, ``.trr``), or CHARMM, NAMD and OpenMM (``.dcd``).
    topology
        Names of the atoms in the order of the frames: PDB or mmCIF (also with ``.gz``), ``.gro``,
        ``.psf``, ``.prmtop`` or ``.parm7``.
    frame_range
        Which frames.

    Returns
    -------
    Trajectory
        In memory there is one frame at a time.

    Raises
    ------
    NotFoundError, NotReadableError
        If there is no such file, or it may not be read.
    UsageError
        If a suffix tells no format, or there are fewer frames.
    UnusableFileError
        If a file is damaged, or the files do not have the same number of atoms.
    InvalidStructureError
        If residues of the topology are no DNA and yet parts of a strand, or none is DNA.
    MissingDependencyError
        If mdtraj or gemmi is not installed.
    """
    _check_file(path, TRAJECTORY_SUFFIXES, "trajectory")
    _check_file(topology, TOPOLOGY_SUFFIXES, "topology")
    load_gemmi()
    atoms = _load_topology(topology)
    whole, _ = _model(atoms, only_nucleotides=False)
    try:
        left_out = find_nucleotides(whole).left_out
    except InvalidStructureError as error:
        raise InvalidStructureError(f"{topology}: {error.problem}", error.remedy) from error
    model, numbers = _model(atoms, only_nucleotides=True)
    with _opened(path) as file:
        count = _check_atoms(file, path, atoms.n_atoms, topology)
    return Trajectory(path, frame_range.numbers(count, path), left_out, atoms, numbers, model)


def _check_file(path: Path, suffixes: tuple[str, ...], kind: str) -> None:
    if not path.name.lower().endswith(suffixes):
        raise UsageError(
            f"{path}: its name does not tell the format of a {kind}.",
            f"end the name in one of {', '.join(suffixes)}.",
        )
    try:
        with path.open("rb"):
            pass
    except FileNotFoundError as error:
        raise NotFoundError(f"{path} does not exist.", f"name a file of a {kind}.") from error
    except OSError as error:
        problem = f"{path} cannot be read: {error.strerror or error}."
        raise NotReadableError(problem, "mend its permissions.") from error


def _load_topology(path: Path) -> Any:  # noqa: ANN401
    mdtraj = load_mdtraj()
    damaged = (*_DAMAGED, mdtraj.formats.psf.PSFError)
    # Names are those of the file; what they mean is told by `dnawire.structures.names`.
    is_pdb = path.name.lower().removesuffix(".gz").endswith(".pdb")
    try:
        return mdtraj.load_topology(str(path), **({"standard_names": False} if is_pdb else {}))
    except damaged as error:
        raise UnusableFileError(
            f"{path}: it is no topology ({error}).", "use an intact file that names all atoms."
        ) from error


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """File of frames; what the reader of mdtraj prints on it is logged if it warns."""
    mdtraj = load_mdtraj()
    try:
        with captured_stdout() as printed:
            file = mdtraj.open(str(path))
    except _DAMAGED as error:
        raise UnusableFileError(
            f"{path}: it is no trajectory ({error}).", "use an intact file of frames."
        ) from error
    text = " ".join(printed.text.replace("dcdplugin)", " ").split())
    if "Warning" in text:
        _logger.warning("warning: %s: %s", path, text[text.index("Warning") :])
    with file:
        yield file


def _check_atoms(file: Any, path: Path, expected: int, topology: Path) -> int:  # noqa: ANN401
    """Return the number of frames of a file whose frames have so many atoms."""
    try:
        count, frame = len(file), file.read(1)[0]
    except _DAMAGED as error:
        raise UnusableFileError(
            f"{path}, frame 1: it cannot be read ({error}).", "use an intact file of frames."
        ) from error
    if count == 0 or len(frame) == 0:
        raise UnusableFileError(f"{path}: it holds no frames.", "use a file with frames.")
    if frame.shape[1] != expected:
        raise UnusableFileError(
            f"{path}: its frames have {frame.shape[1]} atoms, and {topology} has {expected}.",
            "give the topology of these frames, with all of their atoms.",
        )
    return int(count)


def _model(
    topology: Any,  # noqa: ANN401
    *,
    only_nucleotides: bool,
) -> tuple[gemmi.Model, NDArray[np.int64]]:
    """Residues of a topology without positions, and the numbers of their atoms."""
    gemmi = load_gemmi()
    model, numbers = gemmi.Model(1), list[int]()
    for chain in topology.chains:
        part = gemmi.Chain(chain.chain_id or "")
        for residue in chain.residues:
            if only_nucleotides and base_of(residue.name) is None:
                continue
            part.add_residue(_residue(residue))
            numbers += [atom.index for atom in residue.atoms]
        model.add_chain(part)
    return model, np.array(numbers, dtype=np.int64)


def _residue(given: Any) -> gemmi.Residue:  # noqa: ANN401
    module = load_gemmi()
    residue: gemmi.Residue = module.Residue()
    residue.name = given.name
    residue.segment = given.segment_id or ""
    residue.seqid = module.SeqId(int(given.resSeq), " ")
    for one in given.atoms:
        atom = module.Atom()
        atom.name = one.name
        atom.element = module.Element(one.element.symbol if one.element else "X")
        residue.add_atom(atom)
    return residue
