"""Files of sequences: read where the meaning is sure, else refused with the line and the reason."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from dnawire.errors import (
    DnawireError,
    InvalidDuplexError,
    NotFoundError,
    UnusableFileError,
    UsageError,
)
from dnawire.files.text import NotTextError, read_packed_text
from dnawire.junction import MOST_MEANT, Duplex, meant_by, read_duplexes, read_sequences

TWO = ["ACGTACGT", "GGGGCCCC"]

READ: dict[str, tuple[bytes, list[str]]] = {
    "plain": (b"ACGTACGT\nGGGGCCCC", TWO),
    "mark and windows": (b"\xef\xbb\xbfACGTACGT\r\nGGGGCCCC\r\n", TWO),
    "marks of joined files": (b"\xef\xbb\xbfACGTACGT\n\xef\xbb\xbfGGGGCCCC\n", TWO),
    "old mac": (b"ACGTACGT\rGGGGCCCC\r", TWO),
    "lower case and blanks": (b"acgtacgt   \n\t\xc2\xa0GGGGCCCC\xc2\xa0\n", TWO),
    "utf-16": ("\ufeffACGTACGT\r\nGGGGCCCC".encode("utf-16-le"), TWO),
    "utf-16 big": ("\ufeffACGTACGT\nGGGGCCCC".encode("utf-16-be"), TWO),
    "end of a DOS file": (b"ACGTACGT\r\nGGGGCCCC\r\n\x1a", TWO),
    "comments": (b"# two\nACGTACGT # one\n#\n\nGGGGCCCC\n", TWO),
    "one line": (b"ACGTACGT GGGGCCCC\n", TWO),
    "fasta": (b">duplex one, the first\r\nACGTACGT\r\n>two\r\nGGGGCCCC\r\n", TWO),
    "folded fasta": (b"\n>one\nACGT\nACGT\n\n>two # 2\nGGGG CCCC\n", TWO),
    "comma": (b"name,Sequence\nd1,ACGTACGT\nd2,GGGGCCCC\n", TWO),
    "semicolon": (b'sequence;name\nACGTACGT;a#1\nGGGGCCCC;"b"\n', TWO),
    "tab": (b"# table\nrank\tsequence\n1\tACGTACGT\n2\tGGGGCCCC\n", TWO),
    "ends": (b"5'-ACGTACGT-3'\n5' GGGGCCCC 3'\n", TWO),
    "ends in print": ("5\u2032\u2013ACGTACGT\u20133\u2032\n5\u2019GGGGCCCC3\u2019\n".encode(), TWO),
    "both strands": (b"ACGTACGT / ACGT_CGT\n", ["ACGTACGT/ACGT_CGT"]),
    "both with ends": (b"5'-ACGT-3' / 5'-ACG_-3'\n", ["ACGT/ACG_"]),
    "vertical tab": (b"ACGT\x0bACGG\n", ["ACGT", "ACGG"]),
    "twice": (b"ACGT\nACGT\n", ["ACGT", "ACGT"]),
}


@pytest.mark.parametrize("name", READ)
def test_what_is_sure_is_read(tmp_path: Path, name: str) -> None:
    content, expected = READ[name]
    path = tmp_path / "sequences"
    path.write_bytes(content)
    assert read_duplexes(path) == [Duplex.parse(text) for text in expected]


REFUSED: dict[str, tuple[bytes, type[DnawireError], str]] = {
    "empty": (b"", UnusableFileError, "it is empty"),
    "comments alone": (b"# ACGT\n", UnusableFileError, "it is empty"),
    "latin": (b"ACGT\nJ\xf6rg\n", UnusableFileError, "byte 6 is no UTF-8"),
    "utf-16 without mark": ("ACGT".encode("utf-16-le"), UnusableFileError, "UTF-16 without a mark"),
    "half utf-16": (b"\xff\xfeA", UnusableFileError, "is no UTF-16-LE"),
    "gzip": (b"\x1f\x8b\x08\x00", UnusableFileError, "compressed by gzip"),
    "office": (b"PK\x03\x04", UnusableFileError, "an office document"),
    "no column": (b"name,dna\nd1,ACGT\n", UsageError, "line 1: it is a table, and 0"),
    "two columns": (b"sequence,sequence\nA,C\n", UsageError, "2 of its columns"),
    "no head": (b"d1;ACGT\n", UsageError, "it is a table"),
    "short row": (b"name,sequence\nd1\n", UsageError, "line 2: it has 1 columns instead of 2"),
    "no cell": (
        b"name,sequence\nd1,\n",
        UsageError,
        "line 2, record 'd1': the upper strand is empty",
    ),
    "numbered": (b"1 ACGTACGT\n", UsageError, "line 1: '1 ACGTACGT' holds 2 words of different"),
    "named": (b"GAT ACGT\n", UsageError, "words of different lengths"),
    "empty record": (
        b">a\n>b\nACGT\n",
        UsageError,
        "line 1, record 'a': the upper strand is empty",
    ),
    "rna": (b"ACGT\nACGU\n", UsageError, "line 2: upper strand 'ACGU': letter 'U'"),
    "gap": (b"ACG-ACG\n", UsageError, "a missing base is written _"),
    "any base": (b"ACGTNACG\n", UsageError, "N stands for A or C or G or T"),
    "wrong way": (b"3'-ACGT-5'\n", UsageError, "runs from 3' to 5'"),
    "look-alike": ("\u0410CGT\n".encode(), UsageError, "CYRILLIC CAPITAL LETTER A"),
    "invisible": ("AC\u200bGT\n".encode(), UsageError, "ZERO WIDTH SPACE"),
    "escape": (b">a\x1b[31mred\nACGT\n", UsageError, "'a\\x1b[31mred' holds control characters"),
    "bell in a cell": (b"name,sequence\na\x07,ACGT\n", UsageError, "line 2: the name 'a\\x07'"),
    "override": (
        ">a\u202eb\nACGT\n".encode(),
        UsageError,
        "'a\\u202eb' holds control characters",
    ),
    "long name": (b">" + b"x" * 201 + b"\nACGT\n", UsageError, "has 201 letters; 200 may be"),
    "fastq": (b"@read\nACGT\n+\nIIII\n", UsageError, "letter '@'"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_sure_is_refused(tmp_path: Path, name: str) -> None:
    content, kind, words = REFUSED[name]
    path = tmp_path / "sequences"
    path.write_bytes(content)
    with pytest.raises(kind) as caught:
        read_duplexes(path)
    assert words in caught.value.problem
    assert str(path) in caught.value.problem


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        read_duplexes(tmp_path / "missing")
    with pytest.raises(UnusableFileError, match="directory"):
        read_duplexes(tmp_path)


NAMED: dict[str, tuple[bytes, list[tuple[str, str]]]] = {
    "fasta": (b">one, the first\r\nACGT\r\nacgt\r\n>two\r\nGG\r\n",
              [("one, the first", "ACGTACGT"), ("two", "GG")]),
    "semicolon and quotes": ('\ufeffsep=;\r\n"Sequence (5\'-3\')";"x";Name\r\n'
                             '"ACGT";1;"a;""b"""\r\n;;\r\nGGCC;2;\r\n'.encode(),
                             [('a;"b"', "ACGT"), ("", "GGCC")]),
    "id": (b"x\tid\tsequence\n1\td7\tACGT\n", [("d7", "ACGT")]),
    "name before id": (b"id,sequence,name\n7,ACGT,seven\n", [("seven", "ACGT")]),
    "one column": (b"sequence\nACGT\nGGCC\n", [("", "ACGT"), ("", "GGCC")]),
    "a cell of two lines": (b'name,sequence\n"a\nb",ACGT\n', [("a b", "ACGT")]),
    "list": (b"ACGT # comment\n", [("", "ACGT")]),
}  # fmt: skip


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_names_of_records_are_read(
    tmp_path: Path, name: str, pack: Callable[[bytes], bytes]
) -> None:
    content, expected = NAMED[name]
    path = tmp_path / "sequences"
    path.write_bytes(pack(content))
    assert [(one.name, one.duplex().text) for one in read_sequences(path)] == expected


def test_members_of_a_gzip_file_follow_each_other(tmp_path: Path) -> None:
    path = tmp_path / "two.gz"
    path.write_bytes(gzip.compress(b"ACGT\n") + gzip.compress(b"GGCC\n"))
    assert [one.text for one in read_duplexes(path)] == ["ACGT", "GGCC"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda packed: packed[:-6], "cut off"),
        (lambda packed: packed[:12] + b"\xff\xff\xff" + packed[15:], "damaged"),
        (lambda packed: gzip.compress(b"\0" * 2**16), "zero bytes"),
    ],
)
def test_a_damaged_gzip_file_is_named(
    tmp_path: Path, change: Callable[[bytes], bytes], words: str
) -> None:
    path = tmp_path / "x.gz"
    path.write_bytes(change(gzip.compress(b"ACGTACGTGATTACA\n")))
    with pytest.raises(UnusableFileError, match=words):
        read_duplexes(path)


def test_a_gzip_file_cannot_fill_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(b"A" * 2**20))
    with pytest.raises(NotTextError, match="more than 1000000 bytes"):
        read_packed_text(path, largest=10**6)


def test_a_wrong_letter_is_named_by_file_line_record_and_place(tmp_path: Path) -> None:
    path = tmp_path / "x.fasta"
    path.write_text(">good\nACGT\n>bad one\nACGT\nACXT\nACGT\n")
    with pytest.raises(InvalidDuplexError) as caught:
        read_duplexes(path)
    assert f"{path}, line 5, record 'bad one': " in caught.value.problem
    assert "letter 'X' at upper:6" in caught.value.problem
    assert "use A, C, G and T" in caught.value.remedy


def test_letters_that_stand_for_several_bases_mean_all_of_them(tmp_path: Path) -> None:
    assert [one.text for one in meant_by("aNr")] == [
        f"A{n}{r}" for n in "ACGT" for r in "AG"
    ]  # fmt: skip
    assert [one.text for one in meant_by("AC/SW")] == ["AC/CA", "AC/CT", "AC/GA", "AC"]
    assert [one.text for one in meant_by("5'-A_Y-3'")] == ["A_C", "A_T"]
    assert len(meant_by("N" * 5)) == MOST_MEANT
    with pytest.raises(UsageError, match="stands for 4096 sequences; at most 1024"):
        meant_by("N" * 6)
    path = tmp_path / "x.fasta"
    path.write_text(">many\nNNNNNN\n")
    with pytest.raises(UsageError, match="line 2, record 'many': 'NNNNNN' stands for 4096"):
        read_sequences(path)[0].meant()


def test_a_table_with_a_head_alone_holds_no_sequence(tmp_path: Path) -> None:
    path = tmp_path / "head.csv"
    path.write_text("name,sequence\n")
    with pytest.raises(UnusableFileError, match="a head and no rows"):
        read_sequences(path)
