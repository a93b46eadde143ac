"""Foreign runs as people have them: what is read, what is refused, what is told."""

from __future__ import annotations

import logging
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from scipy.io import loadmat, savemat

from dnawire.data import import_records
from dnawire.errors import UnusableDataFileError, UsageError

AAAC = Path(__file__).parents[1] / "data" / "aaac"
HOMO = -5.303145
Edit = Callable[[str], str]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a copy of the raw run, which states no HOMO."""
    path = tmp_path / "aaac"
    shutil.copytree(AAAC, path, ignore=shutil.ignore_patterns("*.h5"))
    return path


def change(path: Path, edit: Edit) -> None:
    path.write_text(edit(path.read_text()))


def atoms(edit: Callable[[str, int], str]) -> Edit:
    """Change every atom of a structure, given its line and its residue from 1 to 8."""

    def all_lines(text: str) -> str:
        lines = text.splitlines()
        return "\n".join(
            edit(line, int(line[22:26])) if line.startswith("ATOM") else line for line in lines
        )

    return all_lines


def renumbered(number: Callable[[int], int], chain: Callable[[int], str]) -> Edit:
    return atoms(lambda line, r: f"{line[:21]}{chain(r)}{number(r):4d}{line[26:]}")


def renamed(name: Callable[[str], str]) -> Edit:
    return atoms(lambda line, _: f"{line[:17]}{name(line[17:20]):>3}{line[20:]}")


def without_ter(edit: Edit) -> Edit:
    return lambda text: edit(text).replace("TER", "REM")


def per_chain(residue: int) -> int:
    return (residue - 1) % 4 + 1


def strand(residue: int) -> str:
    return "AB"[(residue - 1) // 4]


def no_chain(_: int) -> str:
    return " "


OLD = {"DA": "ADE", "DC": "CYT", "DG": "GUA", "DT": "THY"}

READ: dict[str, tuple[str, Edit]] = {
    "numbers per chain": ("aaac.pdb", renumbered(per_chain, strand)),
    "numbers per chain, no TER": ("aaac.pdb", without_ter(renumbered(per_chain, strand))),
    "numbers start again after TER": ("aaac.pdb", renumbered(per_chain, no_chain)),
    "numbers start again": ("aaac.pdb", without_ter(renumbered(per_chain, no_chain))),
    "one chain": ("aaac.pdb", renumbered(per_chain, lambda _: "A")),
    "numbers from 11": ("aaac.pdb", renumbered(lambda r: r + 10, no_chain)),
    "negative numbers": ("aaac.pdb", renumbered(lambda r: r - 5, no_chain)),
    "no TER": ("aaac.pdb", lambda text: text.replace("TER", "REM")),
    "insertion codes": (
        "aaac.pdb",
        atoms(lambda line, r: f"{line[:22]}{r - (r == 3):4d}{'A' if r == 3 else ' '}{line[27:]}"),
    ),
    "no elements": ("aaac.pdb", atoms(lambda line, _: line[:66])),
    "other things for elements": ("aaac.pdb", atoms(lambda line, r: f"{line[:72]}1AAC{r:4d}")),
    "old names": ("aaac.pdb", renamed(lambda name: OLD[name.strip()])),
    "short names": ("aaac.pdb", renamed(lambda name: name.strip()[1])),
    "stars": ("aaac.pdb", lambda text: text.replace("' ", "* ")),
    "windows": ("aaac.pdb", lambda text: text.replace("\n", "\r\n")),
    "symbols in lower case": ("aaac.gjf", lambda text: text.replace("\nH ", "\nh ")),
    "labels": ("aaac.gjf", lambda text: re.sub(r"\n([HCNOP]) ", r"\n\1-X2--0.1,", text)),
    "residues": ("aaac.gjf", lambda text: re.sub(r"\n([HCNOP]) ", r"\n\1(PDBName=C1) ", text)),
    "commas": ("aaac.gjf", lambda text: re.sub(r"(?<=\d) +(?=-?\d)", ",", text)),
    "comment": ("aaac.gjf", lambda text: text.replace("-6 1", "-6 1 ! charge")),
    "numbers": (
        "aaac.gjf",
        lambda text: re.sub(
            r"\n([HCNOP]) ", lambda m: f"\n{dict(H=1, C=6, N=7, O=8, P=15)[m[1]]} ", text
        ),
    ),
}


@pytest.mark.parametrize("name", READ)
def test_what_means_the_same_is_read_as_the_same(folder: Path, name: str) -> None:
    file, edit = READ[name]
    before = (folder / file).read_bytes()
    change(folder / file, edit)
    assert (folder / file).read_bytes() != before
    assert import_records(folder, "homo").digest == import_records(AAAC, "homo").digest


def test_a_comment_of_any_encoding(folder: Path) -> None:
    path = folder / "aaac.pdb"
    path.write_bytes(b"REMARK built by J\xf6rg\n" + path.read_bytes())
    assert import_records(folder, "homo").digest == import_records(AAAC, "homo").digest


def nucleotide(number: int, edit: Callable[[str], str]) -> Edit:
    return atoms(lambda line, r: edit(line) if r == number else line)


def without(*numbers: str) -> Edit:
    def edit(text: str) -> str:
        return "\n".join(line for line in text.splitlines() if line[22:26] not in numbers)

    return edit


def two_models(text: str) -> str:
    return f"MODEL        1\n{text}\nENDMDL\nMODEL        2\n{text}\nENDMDL\n"


def backwards(text: str) -> str:
    """Write the residues of the lower strand 3'->5', as some builders do."""
    lines = text.splitlines()
    by_number: dict[int, list[str]] = {}
    for line in lines:
        if line.startswith("ATOM"):
            by_number.setdefault(int(line[22:26]), []).append(line)
    lower = [line for number in (8, 7, 6, 5) for line in by_number[number]]
    upper = [line for number in (1, 2, 3, 4) for line in by_number[number]]
    place = {8: 5, 7: 6, 6: 7, 5: 8}
    lower = [f"{line[:22]}{place[int(line[22:26])]:4d}{line[26:]}" for line in lower]
    return "\n".join([*upper, "TER", *lower, "TER"])


ION = "HETATM  254 NA    NA     9       0.000   0.000   0.000  1.00  0.00          NA  \nEND\n"

REFUSED: dict[str, tuple[str, Edit, str]] = {
    "same numbers in one strand": (
        "aaac.pdb",
        without_ter(atoms(lambda line, r: f"{line[:22]}{1 + (r > 4):4d}{line[26:]}")),
        "DA 1",
    ),
    "an ion": ("aaac.pdb", lambda text: text + ION, "NA 9: no nucleotide"),
    "a modified base": (
        "aaac.pdb",
        nucleotide(4, lambda line: f"HETATM{line[6:17]}5CM{line[20:]}"),
        "5CM 4: no nucleotide of DNA",
    ),
    "RNA by name": ("aaac.pdb", renamed(lambda name: "R" + name.strip()[1]), "RA 1, RA 2"),
    "RNA by its atoms": (
        "aaac.pdb",
        nucleotide(2, lambda line: line.replace(" C2'", " O2'")),
        "DA 2 is RNA",
    ),
    "an atom without its residue": (
        "aaac.pdb",
        lambda text: text.replace("TER\n", "TER\n" + text.splitlines()[0] + "\n", 1),
        "DA 1 is no whole nucleotide",
    ),
    "two models": ("aaac.pdb", two_models, "it holds 2 models"),
    "alternate locations": (
        "aaac.pdb",
        lambda text: text.replace("\n", "\n" + text.splitlines()[0] + "\n", 1),
        "DA 1 holds HO5' twice",
    ),
    "a strand backwards": ("aaac.pdb", backwards, "not written 5'->3'"),
    "a missing residue": (
        "aaac.pdb",
        lambda text: "\n".join(
            line for line in text.splitlines() if line[22:26] not in ("   2", "   7")
        ),
        "no bond O3'-P from residue DA 1 to DA 3",
    ),
    "one strand": (
        "aaac.pdb",
        lambda text: text[: text.index("TER")],
        "are one strand",
    ),
    "unequal strands": (
        "aaac.pdb",
        without("   8"),
        "4 + 3 residues",
    ),
    "no position": (
        "aaac.pdb",
        lambda text: text.replace("  -0.423", "   x.xxx", 1),
        "line 1 has not the columns",
    ),
    "a blank line inside": (
        "aaac.gjf",
        lambda text: text.replace("\nP ", "\n   \nP ", 1),
        "30 up to its first blank line instead of 253",
    ),
    "no geometry": ("aaac.gjf", lambda text: text.replace("-6 1", ""), "no third section"),
    "an atom that is none": (
        "aaac.gjf",
        lambda text: text.replace("\nP ", "\n? ", 1),
        "names no atom",
    ),
    "other orbitals": (
        "run1/Parameters.txt",
        lambda text: text.replace("5.000000\n", "", 1),
        "orbitals of 252 atoms",
    ),
    "half an atom": (
        "run1/Parameters.txt",
        lambda text: text.replace("(atoms number)\n1.0", "(atoms number)\n1.5", 1),
        "1.5 is not the number of an atom",
    ),
    "a section twice": (
        "run1/Parameters.txt",
        lambda text: text + "\nGammaL\n0.2\n",
        "section 'GammaL' is there twice",
    ),
    "not finite": (
        "run1/Parameters.txt",
        lambda text: text.replace("-6.303145", "NaN", 1),
        "'NaN' is not a number",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_sure_is_refused_by_its_name(folder: Path, name: str) -> None:
    file, edit, words = REFUSED[name]
    change(folder / file, edit)
    with pytest.raises(UnusableDataFileError) as caught:
        import_records(folder, "homo")
    assert words in str(caught.value)
    assert "aaac/run1" in str(caught.value)


def with_contacts_on_both_strands(folder: Path) -> None:
    """Contact the 5' ends of both strands, atoms 1-30 and 126-156."""
    ends = "".join(f"{number}.000000\n" for number in range(126, 157))
    change(
        folder / "run1" / "Parameters.txt",
        lambda text: text.replace("30.000000\n", f"30.000000\n{ends}", 1),
    )
    change(folder / "aaac.pdb", renumbered(per_chain, strand))


def test_contacts_of_strands_that_are_numbered_each(folder: Path) -> None:
    with_contacts_on_both_strands(folder)
    (record,) = import_records(folder, "homo")
    assert record.junction.duplex.text == "AAAC"
    assert record.junction.left.text == "upper:0=0.1,lower:0=0.1"


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
        "run4": "log10_transmission: value 7",
        "run5": "log10_transmission: value 7",
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
    assert "4 of 5 runs are left out" in caplog.text
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
