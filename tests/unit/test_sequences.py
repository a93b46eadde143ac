"""Files of sequences: read where the meaning is sure, else refused with the line and the reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from dnawire.errors import DnawireError, NotFoundError, UnusableFileError, UsageError
from dnawire.junction import Duplex, read_duplexes

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
