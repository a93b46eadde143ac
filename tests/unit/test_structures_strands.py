"""Strands of users: found in any order, or refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest
from structure_kit import (
    Edit,
    Read,
    assert_same,
    edited,
    ideal_text,
    name_of,
    place_of,
    reader,
    renamed,
    without,
    without_residue,
)

from dnawire.errors import (
    DnawireError,
    InvalidStructureError,
)
from dnawire.junction import Duplex
from dnawire.structures import (
    build_duplex,
)


@pytest.fixture
def read(tmp_path: Path) -> Read:
    return reader(tmp_path)


REFUSED: dict[str, tuple[Edit, str]] = {
    "ribose": (
        lambda line: renamed(line, "O2'") if name_of(line) == "H2'" else line,
        "DG A 1 is a nucleotide of RNA: it has O2'",
    ),
    "uracil": (
        lambda line: line.replace(" DT ", "  U "),
        "U A 4 is a nucleotide of RNA, or uracil",
    ),
    "modified": (
        lambda line: line.replace(" DC A", "5HC A"),
        "5HC A 3 is a modified nucleotide",
    ),
    "atom that is none": (
        lambda line: renamed(line, "H3") if name_of(line) == "H42" else line,
        "DC A 3 has H3, which is no atom of it there",
    ),
    "missing atoms": (
        without("C5", "O4'"),
        "DG A 1 lacks O4', C5; DA A 2 lacks O4', C5;",
    ),
    "missing phosphate": (without("P", place="A3"), "DC A 3 has no P"),
    "missing oxygen": (without("OP1", place="A3"), "DC A 3 lacks OP1"),
    "missing O3'": (without("O3'", place="A2"), "DA A 2 has no O3'"),
    "missing N1": (without("N1", place="A1"), "DG A 1 has no N1"),
    "one strand": (lambda line: line if line[21] == "A" else None, "there is one strand and not"),
    "short strand": (without_residue("B4"), "the strands overhang: DG A 1 have no partner"),
    "broken": (without_residue("A2"), "O3' of DG A 1 and P of DC A 3 are"),
    "twice": (
        lambda line: f"{line}\n{line}" if name_of(line) == "C8" else line,
        "DG A 1 has C8 twice",
    ),
    "not finite": (
        lambda line: f"{line[:30]}     nan{line[38:]}" if name_of(line) == "C8" else line,
        "'     nan' in columns 31 to 38 is no coordinate",
    ),
    "far strand": (
        lambda line: f"{line[:30]}{float(line[30:38]) + 90.0 * (line[21] == 'B'):8.3f}{line[38:]}",
        "do not pair antiparallel",
    ),
    "nothing": (lambda line: line[:17] + "MOL" + line[20:] if name_of(line) == "N1" else None,
        "no residue is a nucleotide of DNA; there are 8 MOL"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_duplex_of_dna_is_refused_by_name(case: str, read: Read) -> None:
    edit, words = REFUSED[case]
    with pytest.raises(DnawireError, match=r"mine\.pdb: ") as caught:
        read(edited(ideal_text(), edit))
    assert words in str(caught.value)
    assert "Remedy" in str(caught.value)


def test_strands_with_overhangs_on_both_sides(read: Read) -> None:
    text = edited(ideal_text("GACTC"), without_residue("A5"))
    text = edited(text, without_residue("B5"))
    with pytest.raises(InvalidStructureError, match="overhang: DG A 1, DG B 1 have no partner"):
        read(text)


def test_mismatches_are_read(read: Read) -> None:
    assert read(ideal_text("GACTC/GATTC")).duplex.text == "GACTC/GATTC"


@pytest.mark.parametrize("text", ["A___/ACGT", "___A/TCGT", "G___/ACGC"])
def test_one_whole_pair_tells_how_strands_pair(text: str, read: Read) -> None:
    assert read(ideal_text(text)).duplex.text == text


def test_strands_follow_the_bonds_and_the_file(read: Read) -> None:
    lines = [line for line in ideal_text().split("\n") if line.startswith("ATOM")]
    by_residue = sorted(lines, key=lambda line: (line[21] == "A", -int(line[22:26])))
    one_chain = [f"{line[:21]}X{line[22:]}" for line in by_residue]
    for number, line in enumerate(one_chain):
        place = int(line[22:26]) + 10 * (by_residue[number][21] == "A")
        one_chain[number] = f"{line[:22]}{place:>4}{line[26:]}"
    found = read("\n".join(one_chain))
    assert found.duplex == Duplex.parse("GACT").flipped()
    assert_same(found, read(pdb_of_flipped()), 0.01)


def pdb_of_flipped() -> str:
    """The same atoms, with the lower strand before the upper one."""
    lines = [line for line in ideal_text().split("\n") if line.startswith("ATOM")]
    return "\n".join(sorted(lines, key=lambda line: line[21] == "A"))


def test_chains_are_chosen_among_several_duplexes(read: Read) -> None:
    def shifted(line: str) -> str:
        moved = f"{float(line[30:38]) + 40.0:8.3f}"
        return f"{line[:21]}{'CD'[line[21] == 'B']}{line[22:30]}{moved}{line[38:]}"

    text = ideal_text() + edited(ideal_text(), shifted)
    text = text.replace("END\n", "")
    with pytest.raises(InvalidStructureError, match=r"4 strands and not two: GACT \(DG A 1 to"):
        read(text)
    found = read(text, chains=("C", "D"))
    assert found.positions[:, 0].mean() > 30.0
    with pytest.raises(InvalidStructureError, match=r"no chain 'E'.*\n.*A, B, C, D"):
        read(text, chains=("A", "E"))


def with_terminal_phosphates() -> str:
    """An inner part of a duplex: both strands begin with a phosphate."""
    text = ideal_text("GACTC")
    for place in ("A1", "B1", "A5", "B5"):
        text = edited(text, without_residue(place))
    return text


def test_terminal_phosphates_are_refused_or_removed(read: Read) -> None:
    with pytest.raises(InvalidStructureError, match=r"5' ends: DA A 2, DA B 2"):
        read(with_terminal_phosphates())
    found = read(with_terminal_phosphates(), terminal_phosphates="remove")
    assert found.names == build_duplex(Duplex.parse("ACT")).names
    assert found.charge == -4


def test_a_ring_has_no_ends(read: Read) -> None:
    text = with_terminal_phosphates()
    (start,) = (
        line[30:54]
        for line in text.split("\n")
        if place_of(f"{line:<26}") == "A2" and name_of(line) == "P"
    )
    near = f"{float(start[:8]) + 1.2:8.3f}{start[8:16]}{float(start[16:]) - 1.0:8.3f}"

    def closed(line: str) -> str:
        is_end = place_of(line) == "A4" and name_of(line) == "O3'"
        return f"{line[:30]}{near}{line[54:]}" if is_end else line

    with pytest.raises(InvalidStructureError, match="DA A 2 is in a ring of nucleotides"):
        read(edited(text, closed), terminal_phosphates="remove")


def test_two_copies_in_one_place_are_refused(read: Read) -> None:
    text = ideal_text().replace("END\n", "")
    copy = edited(text, lambda line: f"{line[:21]}{'CD'[line[21] == 'B']}{line[22:]}")
    with pytest.raises(InvalidStructureError, match=r"lie in each other.*\n.*keep one copy"):
        read(text + copy)
