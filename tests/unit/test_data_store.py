"""The HDF5 store: exact round trip, whole files only, and nothing impossible is read."""

from __future__ import annotations

import fcntl
import json
import random
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
from checkpoint_kit import fork, wait
from data_samples import SOURCE, make_dataset

from dnawire.data import import_records, read_dataset, write_dataset
from dnawire.data.digests import column_digest
from dnawire.data.ragged import Ragged
from dnawire.errors import NotFoundError, NotWritableError, UnusableDataFileError, UsageError
from dnawire.junction import MISSING_CODE

XTB_THREE = Path(__file__).parents[1] / "data" / "xtb_three.h5"
SCHEMA_1 = XTB_THREE.with_name("records_schema_1.h5")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "records.h5"


@pytest.mark.parametrize("with_ldos", [True, False])
def test_what_is_written_is_read(path: Path, with_ldos: bool) -> None:
    dataset = make_dataset(with_ldos)
    write_dataset(path, dataset)
    found = read_dataset(str(path))
    assert found.digest == dataset.digest
    assert found.source == SOURCE
    assert found.keys == dataset.keys
    assert found[2].junction == dataset[2].junction
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_ldos_keeps_its_precision(path: Path) -> None:
    dataset = make_dataset()
    ldos = dataset.spectra["log10_ldos"]
    single = Ragged(ldos.values.astype(np.float32), ldos.offsets)
    write_dataset(path, replace(dataset, spectra={**dataset.spectra, "log10_ldos": single}))
    found = read_dataset(path).spectra["log10_ldos"]
    assert found.values.dtype == np.float32
    np.testing.assert_array_equal(found.values, single.values)


def test_the_file_says_what_it_is(path: Path) -> None:
    write_dataset(path, make_dataset())
    with h5py.File(path) as file:
        assert file.attrs["format"] == b"dnawire-records"
        assert file.attrs["schema_version"] == 2
        assert json.loads(file.attrs["source"]) == SOURCE
        units = {
            name: item.attrs["units"]
            for name, item in (
                ("energies", file["grids/energies"]),
                ("dos", file["log10_dos/values"]),
                ("ldos", file["log10_ldos/values"]),
                ("transmission", file["log10_transmission/values"]),
                ("gamma", file["left_contact/gamma"]),
            )
        }
        letters = file["duplex/letters"][:4].tolist()
        assert file["log10_transmission"].attrs["scale"] == b"log10"
    assert units == {
        "energies": b"eV",
        "dos": b"1/eV",
        "ldos": b"1/eV",
        "transmission": b"1",
        "gamma": b"eV",
    }
    assert letters == [[b"A", b"_"], [b"C", b"G"], [b"G", b"C"], [b"T", b"A"]]


def as_schema_1(path: Path) -> str:
    """Turn a file into one of the first schema, with plain values; return its digest."""
    dataset = read_dataset(path)
    plain = {
        one.name: Ragged(one.plain(dataset.spectra[one.column].values), column.offsets)
        for one in dataset.quantities
        if (column := dataset.spectra[one.column])
    }
    digest = dataset.digest_with([column_digest(name, one) for name, one in plain.items()])
    with h5py.File(path, "r+") as file:
        file.attrs["schema_version"] = 1
        file.attrs["digest"] = np.bytes_(digest)
        for one in dataset.quantities:
            file.move(one.column, one.name)
            _replace(file, f"{one.name}/values", plain[one.name].values)
    return digest


def test_a_file_of_schema_1_is_read_and_known_by_its_digest(path: Path, tmp_path: Path) -> None:
    dataset = make_dataset()
    dataset.spectra["log10_transmission"].values[7] = -np.inf
    write_dataset(path, dataset)
    digest = as_schema_1(path)
    found = read_dataset(path)
    assert found.digest == digest
    assert found.question_digest == dataset.question_digest
    for name, column in dataset.spectra.items():
        np.testing.assert_allclose(found.spectra[name].values, column.values, rtol=1e-12)
    assert found.spectra["log10_transmission"].values[7] == -np.inf
    write_dataset(tmp_path / "now.h5", found)
    now = read_dataset(tmp_path / "now.h5")
    assert now.digest == found.content_digest != digest
    for name, column in found.spectra.items():
        np.testing.assert_array_equal(now.spectra[name].values, column.values)


def test_an_edited_file_of_schema_1_is_refused(path: Path) -> None:
    write_dataset(path, make_dataset())
    as_schema_1(path)
    with h5py.File(path, "r+") as file:
        file["transmission/values"][3] *= 0.5
    with pytest.raises(UnusableDataFileError, match="does not match its digest"):
        read_dataset(path)


def test_a_negative_value_of_schema_1_is_refused(path: Path) -> None:
    write_dataset(path, make_dataset())
    as_schema_1(path)
    with h5py.File(path, "r+") as file:
        file["transmission/values"][5] = -1.0
    with pytest.raises(UnusableDataFileError, match=r"record 1 .*log10_transmission: value 0"):
        read_dataset(path)


def test_the_digest_of_a_file_of_the_first_version_of_the_program() -> None:
    """Its missing bases are numbered as they were then."""
    found = read_dataset(SCHEMA_1)
    assert found.digest == "fb2606145bb2e564e8f5357b39e93e168a4ec39a6393f3029c68c6cb290058ce"
    assert (found.codes.values == MISSING_CODE).any()
    assert {one.name for one in found.quantities} == {"transmission", "dos", "ldos"}


def test_the_same_records_give_the_same_bytes(path: Path, tmp_path: Path) -> None:
    write_dataset(path, make_dataset())
    write_dataset(tmp_path / "again.h5", make_dataset())
    assert path.read_bytes() == (tmp_path / "again.h5").read_bytes()


def test_an_existing_file_is_replaced_only_when_allowed(path: Path) -> None:
    write_dataset(path, make_dataset())
    before = path.read_bytes()
    other = make_dataset().select([0])
    with pytest.raises(NotWritableError, match="exists") as caught:
        write_dataset(path, other)
    assert caught.value.exit_code == 73
    assert path.read_bytes() == before
    write_dataset(path, other, overwrite=True)
    assert read_dataset(path).digest == other.digest


def test_impossible_records_are_not_written(path: Path) -> None:
    dataset = make_dataset()
    dataset.spectra["log10_dos"].values[0] = np.nan
    with pytest.raises(UsageError, match=r"record 0 \('sample 0 é'\): log10_dos"):
        write_dataset(path, dataset)
    with pytest.raises(UsageError, match="source of the records"):
        write_dataset(path, replace(make_dataset(), source={"array": np.zeros(2)}))
    assert not path.exists()


def test_a_missing_or_impossible_folder_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "missing", tmp_path / "file"):
        with pytest.raises(NotWritableError, match="cannot be written") as caught:
            write_dataset(folder / "records.h5", make_dataset())
        assert "folder exists" in caught.value.remedy


def test_a_full_disk_leaves_the_old_file_and_no_scraps(path: Path) -> None:
    write_dataset(path, make_dataset())
    before = path.read_bytes()
    program = (
        "import resource, signal, sys\n"
        "from dnawire.data import import_records, write_dataset\n"
        "from dnawire.errors import NotWritableError\n"
        f"dataset = import_records({str(XTB_THREE)!r}, 'common')\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"
        "try:\n"
        f"    write_dataset({str(path)!r}, dataset, overwrite=True)\n"
        "except NotWritableError as error:\n"
        "    sys.exit(error.exit_code)\n"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert result.returncode == 73, result.stderr.decode()
    assert path.read_bytes() == before
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_a_missing_file_is_not_found(path: Path) -> None:
    with pytest.raises(NotFoundError, match="no such file") as caught:
        read_dataset(path)
    assert caught.value.exit_code == 66


def test_files_that_are_not_hdf5_are_refused(path: Path, tmp_path: Path) -> None:
    path.write_bytes(b"not HDF5 at all")
    for unusable in (path, tmp_path):
        with pytest.raises(UnusableDataFileError, match="HDF5 cannot read it") as caught:
            read_dataset(unusable)
        assert caught.value.exit_code == 65
    path.write_bytes(b"")
    with pytest.raises(UnusableDataFileError, match="HDF5 cannot read it"):
        read_dataset(path)


@pytest.mark.parametrize("name", ["spectra.csv", "spectra.txt.gz", "spectra.npz"])
def test_spectra_of_another_format_are_to_be_imported(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(b"energy_eV,transmission")
    with pytest.raises(UnusableDataFileError, match=f"dnawire import {path} records.h5"):
        read_dataset(path)


def test_foreign_hdf5_is_refused_with_a_hint(path: Path) -> None:
    with pytest.raises(UnusableDataFileError, match="dnawire import"):
        read_dataset(XTB_THREE)


def test_every_truncation_is_refused(path: Path) -> None:
    write_dataset(path, make_dataset())
    content = path.read_bytes()
    for size in [*range(0, len(content), len(content) // 40), len(content) - 1]:
        path.write_bytes(content[:size])
        with pytest.raises(UnusableDataFileError):
            read_dataset(path)


def test_a_flipped_bit_is_refused_or_harmless(path: Path) -> None:
    dataset = import_records(XTB_THREE, "common").select([0, 5])
    write_dataset(path, dataset)
    content = path.read_bytes()
    draws = random.Random(7)
    num_refused = 0
    for _ in range(150):
        damaged = bytearray(content)
        damaged[draws.randrange(len(content))] ^= 1 << draws.randrange(8)
        path.write_bytes(damaged)
        try:
            found = read_dataset(path)
        except UnusableDataFileError:
            num_refused += 1
        else:
            assert found.digest == dataset.digest
            assert found.source == dataset.source
    assert num_refused > 100


def _replace(file: h5py.File, name: str, values: object) -> None:
    del file[name]
    file[name] = values


DAMAGES: dict[str, tuple[Callable[[h5py.File], object], str]] = {
    "newer schema": (lambda f: f.attrs.modify("schema_version", 3), "schema version 3"),
    "no schema": (lambda f: f.attrs.pop("schema_version"), "schema_version is None"),
    "no source": (lambda f: f.attrs.pop("source"), "attribute source is not JSON"),
    "source list": (lambda f: f.attrs.modify("source", "[]"), "attribute source is not a JSON obj"),
    "no digest": (lambda f: f.attrs.pop("digest"), "does not match its digest"),
    "no group": (lambda f: f.pop("log10_transmission"), "no readable group /log10_transmission"),
    "no DOS": (lambda f: f.pop("log10_dos"), "does not match its digest"),
    "no array": (lambda f: f.pop("log10_dos/values"), "no readable array /log10_dos/values"),
    "group for array": (
        lambda f: (f.pop("log10_dos/values"), f.create_group("log10_dos/values")),
        "no readable array /log10_dos/values",
    ),
    "texts for numbers": (
        lambda f: _replace(f, "log10_dos/values", b"none"),
        "/log10_dos/values has shape",
    ),
    "whole numbers": (lambda f: _replace(f, "log10_dos/values", np.ones(18, int)), "type int64"),
    "matrix": (lambda f: _replace(f, "log10_dos/values", np.ones((9, 2))), "shape (9, 2)"),
    "short array": (
        lambda f: _replace(f, "log10_dos/values", np.ones(17)),
        "/log10_dos/offsets does not",
    ),
    "no offsets": (
        lambda f: _replace(f, "log10_dos/offsets", np.zeros(0, int)),
        "/log10_dos/offsets does not",
    ),
    "wild offsets": (
        lambda f: _replace(f, "log10_dos/offsets", np.array([0, 9, 5, 10, 18])),
        "/log10_dos/offsets does not",
    ),
    "T of a negative number": (
        lambda f: f["log10_transmission/values"].__setitem__(5, np.nan),
        "record 1 ('sample 1 é'): log10_transmission: value 0 is nan",
    ),
    "unknown letter": (
        lambda f: f["duplex/letters"].__setitem__((4, 0), b"X"),
        "record 1 ('sample 1 é'): base code",
    ),
    "long letters": (
        lambda f: _replace(f, "duplex/letters", np.full((14, 2), b"AC")),
        "more than one letter",
    ),
    "uneven contact": (
        lambda f: _replace(f, "left_contact/gamma", np.ones(3)),
        "/left_contact has columns of different lengths",
    ),
    "identifier": (
        lambda f: _replace(f, "records/identifier", np.array([b"\xff"] * 4)),
        "not UTF-8",
    ),
    "edited": (
        lambda f: f["log10_transmission/values"].__setitem__(5, 0.5),
        "does not match its digest",
    ),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_is_named(path: Path, name: str) -> None:
    damage, words = DAMAGES[name]
    write_dataset(path, make_dataset())
    with h5py.File(path, "r+") as file:
        damage(file)
    with pytest.raises(UnusableDataFileError) as caught:
        read_dataset(path)
    assert words in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_newer_schema_asks_for_an_upgrade(path: Path) -> None:
    write_dataset(path, make_dataset())
    with h5py.File(path, "r+") as file:
        file.attrs["schema_version"] = 3
    with pytest.raises(UnusableDataFileError) as caught:
        read_dataset(path)
    assert "upgrade" in caught.value.remedy


def test_of_many_who_write_the_same_name_one_succeeds(path: Path) -> None:
    dataset, go = make_dataset(), path.with_name("go")

    def write() -> int:
        while not go.exists():
            pass
        try:
            write_dataset(path, dataset)
        except NotWritableError:
            return 1
        return 0

    children = [fork(write) for _ in range(3)]
    go.touch()
    assert sorted(map(wait, children)) == [0, 1, 1]
    assert read_dataset(path).digest == dataset.digest


def test_reading_needs_no_lock(path: Path) -> None:
    """Storage without locks answers ENOLCK; here another descriptor has the lock."""
    write_dataset(path, make_dataset())
    with path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert read_dataset(path).digest == make_dataset().digest


def test_a_lock_that_is_asked_for_and_refused_has_its_own_words(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_dataset(path, make_dataset())

    def read() -> int:
        # HDF5 reads its environment when the first file is opened.
        code = f"from dnawire.data import read_dataset\nread_dataset({str(path)!r})"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert "HDF5_USE_FILE_LOCKING" in done.stderr
        assert "NotReadableError" in done.stderr
        return done.returncode

    monkeypatch.setenv("HDF5_USE_FILE_LOCKING", "TRUE")
    with path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert read() == 1
