"""Foreign runs: the HOMO that is stated or told, and bad runs beside good ones."""

from __future__ import annotations

import logging
import re
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest
from scipy.io import loadmat, savemat

from dnawire.data import import_records
from dnawire.errors import UnusableDataFileError, UsageError

AAAC = Path(__file__).parents[1] / "data" / "aaac"
HOMO = -5.303145


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a copy of the raw run, which states no HOMO."""
    path = tmp_path / "aaac"
    shutil.copytree(AAAC, path, ignore=shutil.ignore_patterns("*.h5"))
    return path


def cut_grid(folder: Path, kept: slice) -> None:
    """Keep a part of the energies in all files."""
    for path in (folder / "run1").glob("*.mat"):
        content = {key: item for key, item in loadmat(path).items() if not key.startswith("_")}
        savemat(path, {key: item[:, kept] for key, item in content.items()})
    path = folder / "run1" / "Parameters.txt"
    head, energies, tail = re.split(r"(?<=Energy Range\n)([-.\d\n]+?\n)(?=\n)", path.read_text())
    path.write_text(head + "\n".join(energies.split()[kept]) + "\n" + tail)


@pytest.mark.parametrize("kept", [slice(0, 200), slice(40, 201), slice(0, 201, 2)])
def test_a_homo_that_nobody_states_is_asked_for(folder: Path, kept: slice) -> None:
    cut_grid(folder, kept)
    with pytest.raises(UnusableDataFileError, match="nothing states the HOMO"):
        import_records(folder, "homo")
    whole = import_records(AAAC, "homo")
    given = import_records(folder, "homo", homo=HOMO)
    middle = import_records(folder, "homo", homo="middle")
    savemat(folder / "aaac_occ.mat", {"EV": [-9.0, HOMO + 4e-7, -7.0]})
    stated = import_records(folder, "homo")
    for found in (given, stated):
        assert found.energy_reference.tolist() == [HOMO]
        np.testing.assert_array_equal(found.energies, whole.energies[kept])
    absolute = whole.energies[kept] + HOMO
    np.testing.assert_allclose(middle.energy_reference, absolute.mean(), atol=1e-6)


def test_the_homo_from_all_orbitals(folder: Path) -> None:
    cut_grid(folder, slice(0, 200))
    atomic = {"H": 1, "C": 6, "N": 7, "O": 8, "P": 15}
    symbols = re.findall(r"^([HCNOP]) ", (folder / "aaac.gjf").read_text(), re.MULTILINE)
    electrons = sum(atomic[symbol] for symbol in symbols) + 6
    below = np.linspace(-20, -1, electrons // 2 - 1)
    savemat(folder / "aaac_eigen.mat", {"EV": [0.1, HOMO / 27.211396, *below]})
    found = import_records(folder, "homo")
    assert found.energy_reference.tolist() == [HOMO]
    assert found.source["homo"] == ["aaac_eigen.mat and *.gjf"]


def test_a_concluded_homo_is_told(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "dnawire")
    import_records(folder, "homo")
    assert "the HOMO of 1 of 1 records is stated nowhere" in caplog.text
    assert (
        "AAAC, contacts upper:0=0.1 | upper:3=0.1 eV, 201 energies, HOMO -5.303145" in caplog.text
    )
    caplog.clear()
    import_records(folder, "homo", homo="middle")
    assert "stated nowhere" not in caplog.text


def test_source_and_user_must_agree(folder: Path) -> None:
    savemat(folder / "run1" / "aaac_occ.mat", {"EV": [HOMO]})
    assert import_records(folder, "homo", homo=HOMO).source["homo"] == ["aaac_occ.mat"]
    with pytest.raises(UnusableDataFileError, match=r"but -5\.200000 eV"):
        import_records(folder, "homo", homo=-5.2)
    with pytest.raises(UsageError, match="not possible"):
        import_records(folder, "homo", homo=float("nan"))


def test_an_archive_that_states_its_homo_is_read_whatever_its_grid_is(tmp_path: Path) -> None:
    path = tmp_path / "archive.h5"
    shutil.copyfile(AAAC / "aaac_example.h5", path)
    with h5py.File(path, "r+") as file:
        file["aaac/run1"].attrs["energy_reference_eV"] = HOMO + 0.1
        run = file["aaac/run1"]
        for name in ("Egrid", "T", "DOS", "DOSAtom"):
            values = run[name][..., :150]
            del run[name]
            run[name] = values
    found = import_records(path, "homo")
    np.testing.assert_allclose(found.energies[[0, -1]], [-1.1, 0.39])
    with h5py.File(path, "r+") as file:
        del file["aaac/run1"].attrs["energy_reference_eV"]
    with pytest.raises(UnusableDataFileError, match="nothing states the HOMO"):
        import_records(path, "homo")


def test_one_homo_is_not_that_of_two_molecules(tmp_path: Path) -> None:
    path = tmp_path / "xtb.h5"
    shutil.copyfile(AAAC.parent / "xtb_three.h5", path)
    with h5py.File(path, "r+") as file:
        runs = [run for group in file.values() for name, run in group.items() if name != "atoms"]
        for run in runs:
            del run.attrs["energy_reference_eV"]
    with pytest.raises(UsageError, match="given for 3 molecules"):
        import_records(path, "homo", homo=-10.5)


def spoil(folder: Path) -> dict[str, str]:
    """Make four runs beside a good one that cannot be used; return why, by their names."""
    run = folder / "run1"
    names = {
        "run2": "is not a readable MATLAB 5 file",
        "run3": "holds 0 files DOS_*.mat",
        "run4": "transmission: value 7 is ",
        "run5": "transmission: value 7 is ",
    }
    for name in names:
        shutil.copytree(run, folder / name)
    dos = next((folder / "run2").glob("DOS_*"))
    dos.write_bytes(dos.read_bytes()[:131072])
    next((folder / "run3").glob("DOS_*")).unlink()
    for name, value in (("run4", np.nan), ("run5", -1e-22)):
        path = next((folder / name).glob("Tran_*"))
        content = loadmat(path)
        values = content["T"].copy()
        values[0, 7] = value
        savemat(path, {"T": values, "Energy": content["Energy"]})
    return names


def test_all_unusable_runs_are_named_and_the_others_imported(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "dnawire")
    spoiled = spoil(folder)
    with pytest.raises(UnusableDataFileError) as caught:
        import_records(folder, "homo")
    assert "4 of 5 runs cannot be used" in caught.value.problem
    assert "--skip_unusable" in caught.value.remedy
    found = import_records(folder, "homo", skip_unusable=True)
    assert found.identifiers.tolist() == ["aaac/run1"]
    assert "4 of 5 runs are skipped" in caplog.text
    for run, words in spoiled.items():
        assert re.search(rf"aaac/{run}: .*{re.escape(words)}", caught.value.problem)
        assert words in found.source["left_out"][f"aaac/{run}"]


def test_folders_above_runs_are_no_runs(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "dnawire")
    for path in (folder / "run1").iterdir():
        shutil.copyfile(path, folder / path.name)
    (folder / "Tran_unfinished.mat").write_bytes(b"half")
    (folder / "._aaac.pdb").write_bytes(b"\x00\x05\x16\x07")
    (folder / "aaac.pkl").write_bytes(b"\x80")
    assert import_records(folder, "homo").identifiers.tolist() == ["aaac/run1"]
    assert "not read, because runs lie below it" in caplog.text


def test_leftovers_of_another_coupling_stop_nothing(folder: Path) -> None:
    for path in list((folder / "run1").glob("*.mat")):
        shutil.copyfile(path, path.with_name(path.name.replace("0.1", "0.6")))
    shutil.copyfile(folder / "aaac.pdb", folder / "other.pdb")
    assert import_records(folder, "homo").digest == import_records(AAAC, "homo").digest


def test_equal_records_are_told(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    shutil.copytree(folder / "run1", folder / "run2")
    import_records(folder, "homo")
    assert "equal records: aaac/run1, aaac/run2" in caplog.text


def test_equal_names_are_numbered(folder: Path) -> None:
    shutil.copytree(folder, folder.with_name("again"))
    names = import_records(folder.parent, "homo").identifiers.tolist()
    assert names == ["aaac/run1#1", "aaac/run1#2"]
