"""Foreign runs as people have them: what is read, what is refused, what is told."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from dnawire.data import import_records
from dnawire.errors import UnusableDataFileError

AAAC = Path(__file__).parents[1] / "data" / "aaac"
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
