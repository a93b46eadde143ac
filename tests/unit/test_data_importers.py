"""Importers: real records from G3NAT, xTB records, and every way in which they can be broken."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from scipy.io import loadmat, savemat

from dnawire.data import TransportDataset, import_records, read_dataset, write_dataset
from dnawire.errors import NotFoundError, UnusableDataFileError, UsageError

DATA = Path(__file__).parents[1] / "data"
AAAC = DATA / "aaac"
ARCHIVE = AAAC / "aaac_example.h5"
XTB = DATA / "xtb_three.h5"
RUN = Path("run1")


def test_archive_and_raw_folder_hold_the_same_record() -> None:
    archive, folder = import_records(ARCHIVE, "homo"), import_records(AAAC, "homo")
    assert archive.digest == folder.digest
    assert import_records(AAAC / RUN, "homo").digest == folder.digest


def test_all_fields_of_the_real_record() -> None:
    (record,) = import_records(ARCHIVE, "homo")
    assert record.identifier == "aaac/run1"
    assert record.junction.duplex.text == "AAAC"
    assert record.junction.left.text == "upper:0=0.1"
    assert record.junction.right.text == "upper:3=0.1"
    assert record.energy_reference == -5.303145
    assert record.eta == 0.0
    np.testing.assert_array_equal(record.energies, np.round(np.linspace(-1, 1, 201), 9))
    with h5py.File(ARCHIVE) as file:
        run = file["aaac/run1"]
        atoms, residue = run["DOSAtom"][()], run["atoms/resseq"][()]
        np.testing.assert_array_equal(record.log10_transmission, np.log10(run["T"][()]))
        np.testing.assert_allclose(record.transmission, run["T"][()], rtol=1e-13)
        np.testing.assert_allclose(record.dos, run["DOS"][()], rtol=1e-13)
    # upper residues 1..4 and lower residues 5..8, both 5'->3'; site order is pair by pair
    residues_in_site_order = [1, 8, 2, 7, 3, 6, 4, 5]
    expected = np.stack([atoms[residue == one].sum(axis=0) for one in residues_in_site_order])
    assert record.ldos is not None
    np.testing.assert_allclose(record.ldos, expected, rtol=1e-12)
    np.testing.assert_allclose(record.ldos.sum(axis=0), record.dos, rtol=1e-10)
    labels = [site.label for site in record.junction.duplex.sites]
    assert labels == [
        "A upper:0", "T lower:3", "A upper:1", "T lower:2",
        "A upper:2", "T lower:1", "C upper:3", "G lower:0",
    ]  # fmt: skip


def test_the_source_keeps_the_level_of_theory() -> None:
    source = import_records(ARCHIVE, "homo").source
    assert source["kind"] == "g3nat-archive"
    assert "B3LYP" in source["attributes"]["level_of_theory"]
    assert import_records(XTB, "homo").source["attributes"]["method"] == "GFN1-xTB"


@pytest.mark.parametrize("window", ["common", "homo"])
def test_xtb_records_of_both_windows(window: str) -> None:
    dataset = import_records(XTB, "common" if window == "common" else "homo")
    assert len(dataset) == 12
    assert sorted(set(dataset.keys)) == ["AAAC", "AATGC", "GCGC"]
    with h5py.File(XTB) as file:
        for record in dataset:
            run = file[record.identifier]
            spectra = run["abs"] if window == "common" else run
            np.testing.assert_allclose(record.transmission, spectra["T"][()], rtol=1e-13)
            np.testing.assert_allclose(record.dos, spectra["DOS"][()], rtol=1e-13)
            grid = spectra["E" if window == "common" else "Egrid"][()]
            absolute = record.energies + record.energy_reference
            np.testing.assert_allclose(absolute, grid, rtol=0, atol=2e-9)
            assert record.ldos is not None
            assert record.ldos.dtype == np.float32
            length = record.junction.length
            np.testing.assert_allclose(record.ldos[0], spectra["LDOS_residue"][0], rtol=2e-6)
            np.testing.assert_allclose(
                record.ldos[1], spectra["LDOS_residue"][2 * length - 1], rtol=2e-6
            )
            np.testing.assert_allclose(record.ldos[-1], spectra["LDOS_residue"][length], rtol=2e-6)
    np.testing.assert_array_equal(dataset.eta, 0.005 if window == "common" else 0.0)
    assert len(dataset.energies) == (251 if window == "common" else 201)
    assert (dataset.energy_reference == 0).all() == (window == "common")


def test_contacts_of_the_four_variants() -> None:
    dataset = import_records(XTB, "homo")
    contacts = {
        record.identifier: (record.junction.left.text, record.junction.right.text)
        for record in dataset
        if record.identifier.startswith("aatgc")
    }
    assert contacts == {
        "aatgc/run1": ("upper:0=0.1", "upper:4=0.1"),
        "aatgc/run2": ("upper:0=0.1", "lower:0=0.1"),
        "aatgc/run3": ("upper:0=0.6", "upper:4=0.6"),
        "aatgc/run4": ("upper:0=0.6", "lower:0=0.6"),
    }


def test_imported_records_can_be_stored(tmp_path: Path) -> None:
    dataset = import_records(XTB, "common")
    write_dataset(tmp_path / "records.h5", dataset)
    assert read_dataset(tmp_path / "records.h5").digest == dataset.digest
    with pytest.raises(UsageError, match="file of dnawire records already"):
        import_records(tmp_path / "records.h5", "common")


@pytest.mark.parametrize("path", [ARCHIVE, AAAC])
def test_sources_without_a_common_window_say_so(path: Path) -> None:
    with pytest.raises(UsageError, match="no common energy window") as caught:
        import_records(path, "common")
    assert "--window homo" in caught.value.remedy


def _refused(path: Path, words: str) -> None:
    with pytest.raises(UnusableDataFileError) as caught:
        import_records(path, "homo")
    assert words in str(caught.value)
    assert str(path) in str(caught.value)


def test_what_is_not_there_or_not_known(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        import_records(tmp_path / "missing.h5", "homo")
    _refused(tmp_path, "no Parameters.txt")
    (tmp_path / "text.h5").write_text("text")
    _refused(tmp_path / "text.h5", "HDF5 cannot read it")
    with h5py.File(tmp_path / "foreign.h5", "w") as file:
        file["aaac/run1"] = np.zeros(3)
        file["numbers"] = np.zeros(3)
    _refused(tmp_path / "foreign.h5", "none of the known layouts")
    (tmp_path / "cut.h5").write_bytes(ARCHIVE.read_bytes()[:100_000])
    _refused(tmp_path / "cut.h5", "HDF5 cannot read it")


def _set(name: str, change: Callable[[np.ndarray], np.ndarray]) -> Callable[[h5py.File], None]:
    def edit(file: h5py.File) -> None:
        run = file["aaac/run1"]
        values = change(run[name][()])
        del run[name]
        run[name] = values

    return edit


def _attribute(name: str, value: object) -> Callable[[h5py.File], None]:
    return lambda file: file["aaac/run1"].attrs.modify(name, value)


ARCHIVE_DAMAGES: dict[str, tuple[Callable[[h5py.File], object], str]] = {
    "no T": (lambda f: f.pop("aaac/run1/T"), "no readable array /aaac/run1/T"),
    "half a nucleotide": (
        _set("left_atoms", lambda a: a[:-2]),
        "aaac/run1: left contact: 2 atoms of residue 1 are not contacted",
    ),
    "atom 0": (_set("right_atoms", lambda a: a - 95), "right contact: atoms are not among 1..253"),
    "no contact": (_set("right_atoms", lambda a: a[:0]), "right contact: atoms are not among"),
    "missing atoms": (
        _set("DOSAtom", lambda a: a[:-1]),
        "LDOS of 252 atoms for a structure of 253",
    ),
    "LDOS lost": (_set("DOSAtom", lambda a: a * 0.9), "aaac/run1: ldos: its sum"),
    "negative DOS": (_set("DOS", lambda a: -a), "aaac/run1: dos: value 0 is -"),
    "short T": (_set("T", lambda a: a[:-1]), "transmission has shape (200,)"),
    "other complement": (
        _set("complementary_sequence", lambda _: np.array(b"gttg")),
        "complementary_sequence is 'gttg', but the atoms spell 'GTTT'",
    ),
    "other sequence": (lambda f: f.move("aaac", "aaag"), "sequence is 'aaag', but the atoms spell"),
    "uracil": (
        _set("atoms/resname", lambda a: np.where(a == b"DC", b"DU", a).astype("S2")),
        "aaac/run1: DU 4: no nucleotide of DNA",
    ),
    "odd residues": (
        _set("atoms/resseq", lambda a: np.minimum(a, 7)),
        "residue DT 7 holds",
    ),
    "no coupling": (lambda f: f["aaac/run1"].attrs.pop("coupling_eV"), "coupling_eV is None"),
    "negative coupling": (_attribute("coupling_eV", -0.1), "gamma is -0.1 eV"),
    "no HOMO at all": (_attribute("energy_reference_eV", np.nan), "the HOMO is nan eV"),
}


@pytest.mark.parametrize("name", ARCHIVE_DAMAGES)
def test_a_broken_archive_is_named(tmp_path: Path, name: str) -> None:
    damage, words = ARCHIVE_DAMAGES[name]
    path = tmp_path / "archive.h5"
    shutil.copyfile(ARCHIVE, path)
    with h5py.File(path, "r+") as file:
        damage(file)
    _refused(path, words)


def test_a_broken_xtb_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "xtb.h5"
    shutil.copyfile(XTB, path)
    with h5py.File(path, "r+") as file:
        values = file["gcgc/run2/LDOS_residue"][:-1]
        del file["gcgc/run2/LDOS_residue"]
        file["gcgc/run2/LDOS_residue"] = values
    _refused(path, "gcgc/run2: LDOS of 7 residues for 8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "aaac"
    shutil.copytree(AAAC, path)
    return path


def _edit(name: str, old: str, new: str) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        text = (folder / name).read_text()
        assert old in text
        (folder / name).write_text(text.replace(old, new, 1))

    return edit


def _unlink(pattern: str) -> Callable[[Path], None]:
    return lambda folder: next(folder.glob(pattern)).unlink()


def _rewrite(pattern: str, name: str, value: object) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        path = next(folder.glob(pattern))
        content = {key: item for key, item in loadmat(path).items() if not key.startswith("_")}
        savemat(path, content | {name: value})

    return edit


FOLDER_DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "no structure": (_unlink("*.pdb"), "0 files *.pdb"),
    "no spectra": (_unlink("run1/Tran_*.mat"), "run1 holds 0 files Tran_*.mat"),
    "two spectra": (
        lambda folder: (folder / RUN / "Tran_b_aaac_gammaL_0.1_gammaR_0.1.mat").write_bytes(b""),
        "aaac/run1: run1 holds 2 files Tran_*.mat",
    ),
    "cut spectra": (
        lambda folder: next(folder.glob("run1/DOS_*.mat")).write_bytes(
            next(AAAC.glob("run1/DOS_*.mat")).read_bytes()[:50_000]
        ),
        "is not a readable MATLAB 5 file",
    ),
    "foreign spectra": (
        lambda folder: next(folder.glob("run1/DOS_*.mat")).write_text("text"),
        "is not a readable MATLAB 5 file",
    ),
    "no array": (_rewrite("run1/DOS_*.mat", "DOS", "text"), "no numeric array DOS"),
    "other grid": (
        _rewrite("run1/Tran_*.mat", "Energy", np.linspace(0, 1, 201)),
        "Tran_*.mat: Energy differs",
    ),
    "no section": (_edit("run1/Parameters.txt", "GammaR\n", "\n"), "no section 'GammaR'"),
    "no number": (_edit("run1/Parameters.txt", "0.100000", "strong"), "'strong' is not a number"),
    "two gammas": (
        _edit("run1/Parameters.txt", "GammaL\n", "GammaL\n0.2\n"),
        "GammaL is [0.2, 0.1]",
    ),
    "probes": (
        _edit(
            "run1/Parameters.txt", "Probes Site (atoms number)\n", "Probes Site (atoms number)\n7\n"
        ),
        "probes are set",
    ),
    "broadening": (
        _edit("run1/Parameters.txt", "(for DOS)\n0.000000", "(for DOS)\n0.010000"),
        "broadening is [0.01]",
    ),
    "other atoms": (
        _edit("aaac.gjf", "\nO  ", "\nN  "),
        "*.gjf: its atoms are not those of the structure (*.pdb): atom 2 is N instead of O",
    ),
    "empty input": (lambda folder: (folder / "aaac.gjf").write_text(""), "aaac.gjf"),
    "residue letters": (
        _edit("aaac.pdb", "DA     1 ", "DA     x "),
        "aaac.pdb: line 1 has not",
    ),
    "binary": (
        lambda folder: (folder / "aaac.pdb").write_bytes(b"ATOM\0\xff"),
        "aaac.pdb cannot be read",
    ),
}


@pytest.mark.parametrize("name", FOLDER_DAMAGES)
def test_a_broken_folder_is_named(folder: Path, name: str) -> None:
    damage, words = FOLDER_DAMAGES[name]
    damage(folder)
    _refused(folder, words)


def test_a_folder_above_several_runs_is_read_in_order(folder: Path) -> None:
    shutil.copytree(folder / "run1", folder / "run2")
    dataset: TransportDataset = import_records(folder.parent, "homo")
    assert dataset.identifiers.tolist() == ["aaac/run1", "aaac/run2"]


def test_the_gaussian_input_is_optional(folder: Path) -> None:
    (folder / "aaac.gjf").unlink()
    assert import_records(folder, "homo").digest == import_records(AAAC, "homo").digest
