"""Duplex, contacts and junction: what is measured, in letters and numbers. Imports no torch."""

from dnawire.junction.alphabet import (
    BASES,
    DNA,
    IUPAC,
    LETTERS,
    METHYLCYTOSINE,
    MISSING,
    MISSING_CODE,
    NUM_BASES,
    WITH_METHYLCYTOSINE,
    Alphabet,
    Letter,
)
from dnawire.junction.ambiguity import MOST_MEANT, meant_by
from dnawire.junction.arrays import JunctionArrays
from dnawire.junction.contact import Attachment, Contact
from dnawire.junction.duplex import (
    STRANDS,
    Duplex,
    Site,
    Strand,
    pair_index,
    reverse_complement,
)
from dnawire.junction.edges import (
    DIAGONAL_FIVE,
    DIAGONAL_THREE,
    EDGE_KINDS,
    EDGES,
    LOWER,
    NEIGHBORS,
    PAIRING,
    STACKING,
    UPPER,
    Edge,
    edge_sites,
)
from dnawire.junction.junction import Junction
from dnawire.junction.sequences import SequenceRecord, read_duplexes, read_sequences

__all__ = [
    "BASES",
    "DIAGONAL_FIVE",
    "DIAGONAL_THREE",
    "DNA",
    "EDGES",
    "EDGE_KINDS",
    "IUPAC",
    "LETTERS",
    "LOWER",
    "METHYLCYTOSINE",
    "MISSING",
    "MISSING_CODE",
    "MOST_MEANT",
    "NEIGHBORS",
    "NUM_BASES",
    "PAIRING",
    "STACKING",
    "STRANDS",
    "UPPER",
    "WITH_METHYLCYTOSINE",
    "Alphabet",
    "Attachment",
    "Contact",
    "Duplex",
    "Edge",
    "Junction",
    "JunctionArrays",
    "Letter",
    "SequenceRecord",
    "Site",
    "Strand",
    "edge_sites",
    "meant_by",
    "pair_index",
    "read_duplexes",
    "read_sequences",
    "reverse_complement",
]
