"""Geometries of one duplex: thermal fluctuations of a sequence, those of files, or given ones."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

from dnawire.errors import InvalidStructureError, UsageError
from dnawire.files.paths import is_file
from dnawire.scalars import Range, check_count

if TYPE_CHECKING:
    from dnawire.inference.ensemble import FailedGeometry
    from dnawire.junction import Duplex
    from dnawire.structures import AtomicStructure, FrameRange, Trajectory

    One: TypeAlias = Duplex | AtomicStructure | Path | str
    GeometriesLike: TypeAlias = One | Iterable[One]

_logger = logging.getLogger(__name__)

_FRAMES: Final = 20
_SEED: Final = 42
_NUMBER: Final = Range(1, 10**5, "geometries")
_CHECKED: Final = Range(0, 10**5, "geometries")
_STEPS: Final = Range(0, 20, "steps")
_SEEDS: Final = Range(0, 2**63 - 1, "")


@dataclass(frozen=True)
class EnsembleSettings:
    """Which geometries, and what is done with the charges of each."""

    frames: int | str | None = None
    """Number of geometries of a sequence; None takes 20. For files a range first:last:step of the
    frames of the trajectory, or of the models of each file, numbered from 1; None takes all."""

    seed: int | None = None
    """Seed of the geometries of a sequence; None takes 42."""

    scf_steps: int = 1
    """Steps from the predicted charges, which were learned on ideal helices, towards
    self-consistent ones; 0 takes them as predicted."""

    check: int = 0
    """Number of the first geometries that are computed self-consistently too, for comparison."""

    trajectory: Path | None = None
    """Frames of a simulation (.xtc, .trr, .dcd), which are the geometries and are read one at a
    time; the given file names their atoms: .pdb, .cif, .gro, .psf, .prmtop or .parm7."""

    def __post_init__(self) -> None:
        if not isinstance(self.frames, str):
            check_count("frames", self.frames, _NUMBER)
        check_count("seed", self.seed, _SEEDS)
        check_count("check", self.check, _CHECKED)
        check_count("scf_steps", self.scf_steps, _STEPS)


class Structures(Protocol):
    """Geometries of known number, in their order; maybe read when they are asked for."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[AtomicStructure | FailedGeometry]: ...


@dataclass(frozen=True, eq=False)
class Geometries:
    """Geometries of one duplex, with their names and where they come from.

    Parameters
    ----------
    duplex
        The molecule.
    structures
        Its geometries; those of files may have failed.
    labels
        Their names.
    origin
        Where they come from, for people.
    """

    duplex: Duplex
    structures: Structures
    labels: Sequence[str]
    origin: str

    def __len__(self) -> int:
        return len(self.structures)


def listed(given: GeometriesLike, settings: EnsembleSettings) -> list[One]:
    """Return what is given as a list: one sequence, or files, or structures.

    Raises
    ------
    UsageError
        It is neither, or settings of a sequence are given for something else.
    """
    several = isinstance(given, Iterable) and not isinstance(given, str)
    found: list[Any] = list(given) if several else [given]  # type: ignore[arg-type]
    if settings.trajectory is not None and not (len(found) == 1 and _is_file(found[0])):
        raise UsageError(
            f"trajectory = {settings.trajectory}: {' and '.join(map(_word, found))} does not name "
            "its atoms",
            "Give one file that does, e.g. topology.pdb.",
        )
    if len(found) == 1 and _is_sequence(found[0]):
        if isinstance(settings.frames, str):
            raise UsageError(
                f"frames = '{settings.frames}': a sequence has no frames to choose from",
                "Give the number of geometries, e.g. --frames 20, or a file.",
            )
        return found
    if not found or not any(all(map(kind, found)) for kind in (_is_file, _is_structure)):
        words = " and ".join(map(_word, found)) or "nothing"
        raise UsageError(
            f"{words} to be predicted",
            "Give one sequence, e.g. ACGTTGCA, or files of structures of one duplex.",
        )
    _check_given(settings, is_file=_is_file(found[0]))
    return found


def _check_given(settings: EnsembleSettings, *, is_file: bool) -> None:
    """Refuse settings of a sequence for files and structures."""
    has_range = is_file and isinstance(settings.frames, str)
    for name in ("seed",) if has_range else ("frames", "seed"):
        if getattr(settings, name) is not None:
            raise UsageError(
                f"{name} = {getattr(settings, name)} has no effect on files and structures",
                f"Leave --{name} out, or give a sequence; files take a range, --frames 1:100:10.",
            )


def _frame_range(settings: EnsembleSettings) -> FrameRange:
    from dnawire.structures import ALL_FRAMES, FrameRange

    return ALL_FRAMES if settings.frames is None else FrameRange.parse(str(settings.frames))


def found_geometries(
    given: Sequence[One], settings: EnsembleSettings, check: Callable[[Duplex], object]
) -> Geometries:
    """Draw the geometries of a sequence, or read those of files; see `listed`.

    Parameters
    ----------
    given
        What `listed` returns.
    settings
        Number and seed of draws.
    check
        Refuses a duplex, before geometries are drawn.

    Raises
    ------
    DnawireError
        The sequence has none, a file cannot be used, no geometry is possible, or they are of
        different duplexes.
    """
    from dnawire.junction import Duplex

    [first, *_] = given
    if settings.trajectory is not None:
        found = _streamed(_path(settings.trajectory), _path(first), _frame_range(settings))
    elif _is_file(first):
        found = _read(list(map(_path, given)), _frame_range(settings))
    elif _is_structure(first):
        found = _checked(given)
    else:
        duplex = first if isinstance(first, Duplex) else Duplex.parse(str(first))
        check(duplex)
        return _drawn(duplex, settings)
    check(found.duplex)
    return found


def _drawn(duplex: Duplex, settings: EnsembleSettings) -> Geometries:
    from dnawire.inference.ensemble import thermal_frames
    from dnawire.structures import Fluctuations

    number = int(settings.frames or _FRAMES)
    seed = _SEED if settings.seed is None else settings.seed
    sizes = Fluctuations()
    frames = thermal_frames(duplex, number, seed, sizes)
    refused = [reason for frame in frames for reason in frame.refused]
    if refused:
        _logger.info("%d draws did not close, the first: %s", len(refused), refused[0])
    origin = (
        f"thermal, rise {sizes.rise:g} Angstrom, twist {sizes.twist:g} and roll {sizes.roll:g} "
        f"degrees, seed {seed}; {len(refused)} other draws did not close"
    )
    labels = _numbered(number)
    return Geometries(duplex, [frame.structure for frame in frames], labels, origin)


def _read(paths: Sequence[Path], wanted: FrameRange) -> Geometries:
    from dnawire.inference.ensemble import FailedGeometry
    from dnawire.structures import examine_models, log_remarks

    structures: list[AtomicStructure | FailedGeometry] = []
    labels: list[str] = []
    for path in paths:
        numbers, models = zip(*examine_models(path, frame_range=wanted), strict=True)
        good = [one for one in models if not isinstance(one, InvalidStructureError)]
        log_remarks(path, good)
        structures += [
            FailedGeometry(one) if isinstance(one, InvalidStructureError) else one.structure
            for one in models
        ]
        labels += [f"{path.name}:{number}" for number in numbers]
    return _of_one_duplex(structures, labels, f"from {', '.join(map(str, paths))}")


def _streamed(path: Path, topology: Path, wanted: FrameRange) -> Geometries:
    from dnawire.structures import open_trajectory

    trajectory = open_trajectory(path, topology, wanted)
    duplex = _first_duplex(trajectory)
    labels = [f"{path.name}:{number}" for number in trajectory.numbers]
    origin = f"from {path}, atoms named by {topology}"
    return Geometries(duplex, _Frames(trajectory, duplex), labels, origin)


def _first_duplex(trajectory: Trajectory) -> Duplex:
    """Duplex of the first frame that has one."""
    from dnawire.inference.ensemble import FailedGeometry
    from dnawire.structures import StructureReading

    failed = []
    with closing(trajectory.__iter__()) as frames:
        for one in frames:
            if isinstance(one, StructureReading):
                return one.structure.duplex
            failed.append(FailedGeometry(one))
    check_any(failed)
    raise AssertionError("a trajectory has at least one frame")


@dataclass(frozen=True, eq=False)
class _Frames:
    """Geometries of a trajectory, read one at a time."""

    trajectory: Trajectory
    duplex: Duplex

    def __len__(self) -> int:
        return len(self.trajectory)

    def __iter__(self) -> Iterator[AtomicStructure | FailedGeometry]:
        from dnawire.inference.ensemble import FailedGeometry
        from dnawire.structures import StructureReading

        for number, one in zip(self.trajectory.numbers, self.trajectory, strict=True):
            if not isinstance(one, StructureReading):
                yield FailedGeometry(one)
            elif one.structure.duplex != self.duplex:
                found = f"{self.trajectory.path}, frame {number}: it is '{one.structure.duplex}'"
                problem = f"{found}, and the first frame is '{self.duplex}'."
                yield FailedGeometry(InvalidStructureError(problem, "leave the frame out."))
            else:
                yield one.structure


def _checked(given: Sequence[One]) -> Geometries:
    """Structures that are given; those that cannot be DNA have failed."""
    from dnawire.inference.ensemble import FailedGeometry
    from dnawire.structures import AtomicStructure, check_structure

    structures: list[AtomicStructure | FailedGeometry] = []
    for one in given:
        assert isinstance(one, AtomicStructure)
        try:
            check_structure(one)
        except InvalidStructureError as error:
            structures.append(FailedGeometry(error))
        else:
            structures.append(one)
    return _of_one_duplex(structures, _numbered(len(structures)), "given")


def _of_one_duplex(
    structures: Sequence[AtomicStructure | FailedGeometry], labels: Sequence[str], origin: str
) -> Geometries:
    from dnawire.inference.ensemble import FailedGeometry

    check_any(structures)
    texts: dict[str, str] = {}
    duplexes: list[Duplex] = []
    for one, label in zip(structures, labels, strict=True):
        if not isinstance(one, FailedGeometry):
            texts.setdefault(one.duplex.text, label)
            duplexes.append(one.duplex)
    if len(texts) > 1:
        (first, label), (second, other), *_ = texts.items()
        raise UsageError(
            f"{label} is '{first}' and {other} is '{second}': no ensemble of one duplex",
            "Give geometries of one duplex.",
        )
    return Geometries(duplexes[0], structures, labels, origin)


def check_any(outcomes: Sequence[object]) -> None:
    """Refuse an ensemble of which no geometry is left.

    Raises
    ------
    DnawireError
        All have failed: the error of the first.
    """
    from dnawire.inference.ensemble import FailedGeometry

    failed = [one.error for one in outcomes if isinstance(one, FailedGeometry)]
    if failed and len(failed) == len(outcomes):
        first = failed[0]
        if len(failed) == 1:
            raise first
        raise type(first)(
            f"none of the {len(failed)} geometries has an answer; the first: {first.problem}",
            first.remedy,
        )


def _path(word: object) -> Path:
    return Path(os.path.expanduser(str(word)))


def _is_sequence(one: object) -> bool:
    from dnawire.junction import Duplex

    return isinstance(one, Duplex) or (isinstance(one, str) and not is_file(one))


def _is_file(one: object) -> bool:
    return isinstance(one, Path) or (isinstance(one, str) and is_file(one))


def _is_structure(one: object) -> bool:
    from dnawire.structures import AtomicStructure

    return isinstance(one, AtomicStructure)


def _word(one: object) -> str:
    if _is_structure(one):
        return "a structure"
    return one if isinstance(one, str) else str(getattr(one, "text", one))


def _numbered(number: int) -> list[str]:
    return [str(place) for place in range(1, number + 1)]
