"""What an atomistic calculation leaves beside its records: shell charges, potentials, means.

A group of a record file, written by `write_dataset` (argument ``add``):

==========================  =======================================================
``/atomistic``              attributes ``level``, ``helix``, ``helix_digest``, ``digest``
``/atomistic/duplexes``     ``text``, ``attempt``, ``homo``, ``lumo`` (eV), ``homo_index`` in levels
``/atomistic/shells``       ``charges`` (1e-9 e), ``potentials`` (2^-31 hartree), int32, rows
``/atomistic/levels``       ``values`` in eV, rows
``/atomistic/records``      ``duplex`` of every record
``/atomistic/mean_Wmev``    ``edges`` in eV; ``log10_transmission``, ``log10_dos`` (R, K) and
                            ``log10_ldos`` of the means over intervals of W meV at eta = 0
==========================  =======================================================

Rows are ragged as in `dnawire.data.store`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import h5py
import numpy as np
from numpy.typing import NDArray

from dnawire.data._hdf import open_hdf, read_array, read_text, unusable
from dnawire.data.dataset import TransportDataset
from dnawire.data.digests import array_digest
from dnawire.data.ragged import Ragged
from dnawire.data.stored import Column
from dnawire.errors import UsageError

Doubles = NDArray[np.float64]

CHARGE_UNIT: Final = 1e-9
"""e."""
POTENTIAL_UNIT: Final = 2.0**-31
"""hartree; potentials are thus known to 2.4e-10 hartree."""

_GROUP: Final = "atomistic"
_FILTERS: Final = {"compression": "gzip", "compression_opts": 9, "shuffle": True}


@dataclass(frozen=True, eq=False)
class IntervalMeans:
    """Means of the spectra of R records over K intervals of energy, at eta = 0.

    Parameters
    ----------
    edges
        Edges of the intervals in eV, (K + 1,).
    log10_transmission, log10_dos
        log10 of the means, (R, K).
    log10_ldos
        The same over sites, rows (sites * K,), float32.
    """

    edges: Doubles
    log10_transmission: Doubles
    log10_dos: Doubles
    log10_ldos: Ragged

    @classmethod
    def joined(cls, parts: Sequence[IntervalMeans]) -> IntervalMeans:
        """Records of several parts, one after the other."""
        return cls(
            parts[0].edges,
            np.concatenate([part.log10_transmission for part in parts]),
            np.concatenate([part.log10_dos for part in parts]),
            Ragged.from_parts([part.log10_ldos for part in parts]),
        )

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Arrays by their names in the file."""
        return {
            "edges": self.edges,
            "log10_transmission": self.log10_transmission,
            "log10_dos": self.log10_dos,
            "log10_ldos": self.log10_ldos.values,
            "offsets": self.log10_ldos.offsets,
        }


@dataclass(frozen=True, eq=False)
class AtomisticColumns:
    """Atomistic columns of D duplexes with R records.

    Parameters
    ----------
    level
        Level of theory, for example ``GFN1-xTB/ALPB(water)``.
    helix, helix_digest
        Recipe of the geometry, and the digest of its numbers.
    texts
        Duplexes as `Duplex.parse` reads them, (D,).
    attempts
        How each calculation came to its result, (D,).
    homo, lumo
        Highest occupied and lowest empty level, (D,), eV.
    homo_index
        Row of the HOMO among ``levels``, (D,).
    charges, potentials
        Of the shells in `CHARGE_UNIT` and `POTENTIAL_UNIT`, int32 rows.
    levels
        Energies of orbitals about the window, eV, float32 rows.
    duplex
        Duplex of every record, (R,).
    means
        By width of the intervals in meV.
    """

    level: str
    helix: str
    helix_digest: str
    texts: NDArray[np.str_]
    attempts: NDArray[np.str_]
    homo: Doubles
    lumo: Doubles
    homo_index: NDArray[np.int64]
    charges: Ragged
    potentials: Ragged
    levels: Ragged
    duplex: NDArray[np.int64]
    means: Mapping[int, IntervalMeans]

    @classmethod
    def joined(cls, parts: Sequence[AtomisticColumns]) -> AtomisticColumns:
        """Duplexes and records of several parts of one level and helix, one after the other."""
        starts = np.cumsum([0, *(len(part.texts) for part in parts[:-1])])
        numbered = [start + part.duplex for start, part in zip(starts, parts, strict=True)]
        return cls(
            level=parts[0].level,
            helix=parts[0].helix,
            helix_digest=parts[0].helix_digest,
            texts=np.concatenate([part.texts for part in parts]),
            attempts=np.concatenate([part.attempts for part in parts]),
            homo=np.concatenate([part.homo for part in parts]),
            lumo=np.concatenate([part.lumo for part in parts]),
            homo_index=np.concatenate([part.homo_index for part in parts]),
            charges=Ragged.from_parts([part.charges for part in parts]),
            potentials=Ragged.from_parts([part.potentials for part in parts]),
            levels=Ragged.from_parts([part.levels for part in parts]),
            duplex=np.concatenate(numbered),
            means={
                width: IntervalMeans.joined([part.means[width] for part in parts])
                for width in parts[0].means
            },
        )

    def shell_charges(self, index: int) -> Doubles:
        """Shell charges of a duplex in e."""
        return self.charges[index] * CHARGE_UNIT

    def shell_potentials(self, index: int) -> Doubles:
        """Shell potentials of a duplex in hartree."""
        return self.potentials[index] * POTENTIAL_UNIT

    def write(self, file: h5py.File) -> None:
        """Write the group ``/atomistic``."""
        group = file.create_group(_GROUP)
        texts = {"level": self.level, "helix": self.helix, "helix_digest": self.helix_digest}
        for name, text in (*texts.items(), ("digest", self.digest)):
            group.attrs[name] = np.bytes_(text.encode("ascii"))
        for name, array in self._arrays():
            group.create_dataset(name, data=array, **(_FILTERS if array.size else {}))

    def _arrays(self) -> Iterator[tuple[str, NDArray[Any]]]:
        yield "duplexes/text", np.char.encode(self.texts, "ascii")
        yield "duplexes/attempt", np.char.encode(self.attempts, "ascii")
        for name in ("homo", "lumo", "homo_index"):
            yield f"duplexes/{name}", getattr(self, name)
        yield "shells/charges", self.charges.values
        yield "shells/potentials", self.potentials.values
        yield "shells/offsets", self.charges.offsets
        yield "levels/values", self.levels.values
        yield "levels/offsets", self.levels.offsets
        yield "records/duplex", self.duplex
        for width, means in self.means.items():
            for name, array in means.arrays().items():
                yield f"mean_{width}mev/{name}", array

    @property
    def digest(self) -> str:
        """SHA-256 of all of it."""
        digest = hashlib.sha256(repr((self.level, self.helix, self.helix_digest)).encode())
        for name, array in self._arrays():
            digest.update(array_digest(name, array))
        return digest.hexdigest()


def means_dataset(
    dataset: TransportDataset, columns: AtomisticColumns, width: int
) -> TransportDataset:
    """The same records with means over intervals in the place of the spectra, at eta = 0.

    Parameters
    ----------
    dataset
        Records of a file.
    columns
        Atomistic columns of the same file.
    width
        Width of the intervals in meV.

    Returns
    -------
    TransportDataset
        Energies are the middles of the intervals.

    Raises
    ------
    UsageError
        If there are no means of this width.
    """
    if width not in columns.means:
        known = ", ".join(map(str, columns.means)) or "none"
        raise UsageError(
            f"the records have no means over {width} meV.", f"choose one of these widths: {known}."
        )
    means = columns.means[width]
    middles = np.round((means.edges[:-1] + means.edges[1:]) / 2, 9)
    rows = np.arange(len(dataset) + 1, dtype=np.int64) * len(middles)
    spectra: dict[str, Column] = {
        "log10_transmission": Ragged(means.log10_transmission.ravel(), rows),
        "log10_dos": Ragged(means.log10_dos.ravel(), rows),
        "log10_ldos": means.log10_ldos,
    }
    return replace(
        dataset,
        grids=Ragged.from_rows([middles]),
        grid_index=np.zeros(len(dataset), dtype=np.int64),
        spectra=spectra,
        eta=np.zeros(len(dataset)),
        source={**dataset.source, "mean_over_mev": width},
        left_out={},
    )


def read_atomistic(path: str | Path) -> AtomisticColumns | None:
    """Read the atomistic columns of a record file; None if it has none.

    Raises
    ------
    NotFoundError, NotReadableError
        If there is no such file, or it may not be read.
    UnusableDataFileError
        If a column is missing or damaged.
    """
    path = Path(path)
    with open_hdf(path) as file:
        group = file.get(_GROUP)
        if group is None:
            return None
        if not isinstance(group, h5py.Group):
            raise unusable(path, f"/{_GROUP} is not a group")
        columns = _columns(group)
        if columns.digest != read_text(group, "digest"):
            raise unusable(path, f"/{_GROUP} does not match its digest: it was damaged or edited")
    return columns


def _columns(group: h5py.Group) -> AtomisticColumns:
    shells = read_array(group, "shells/offsets", 1, "i")
    widths = sorted(int(name[5:-3]) for name in group if name.startswith("mean_"))
    texts = {name: read_text(group, name) for name in ("level", "helix", "helix_digest")}
    return AtomisticColumns(
        **texts,
        texts=np.char.decode(read_array(group, "duplexes/text", 1, "S"), "ascii"),
        attempts=np.char.decode(read_array(group, "duplexes/attempt", 1, "S"), "ascii"),
        homo=read_array(group, "duplexes/homo", 1, "f"),
        lumo=read_array(group, "duplexes/lumo", 1, "f"),
        homo_index=read_array(group, "duplexes/homo_index", 1, "i"),
        charges=Ragged(read_array(group, "shells/charges", 1, "i"), shells),
        potentials=Ragged(read_array(group, "shells/potentials", 1, "i"), shells),
        levels=Ragged(
            read_array(group, "levels/values", 1, "f"), read_array(group, "levels/offsets", 1, "i")
        ),
        duplex=read_array(group, "records/duplex", 1, "i"),
        means={width: _means(group, f"mean_{width}mev") for width in widths},
    )


def _means(group: h5py.Group, name: str) -> IntervalMeans:
    ldos = read_array(group, f"{name}/log10_ldos", 1, "f")
    return IntervalMeans(
        edges=read_array(group, f"{name}/edges", 1, "f"),
        log10_transmission=read_array(group, f"{name}/log10_transmission", 2, "f"),
        log10_dos=read_array(group, f"{name}/log10_dos", 2, "f"),
        log10_ldos=Ragged(ldos, read_array(group, f"{name}/offsets", 1, "i")),
    )
