"""Duplex, contacts and junction: what is measured, in letters and numbers. Imports no torch."""

from dnawire.junction.arrays import JunctionArrays
from dnawire.junction.contact import Attachment, Contact
from dnawire.junction.duplex import (
    BASES,
    LETTERS,
    MISSING,
    MISSING_CODE,
    NUM_BASES,
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
from dnawire.junction.sequences import read_duplexes

__all__ = [
    "BASES",
    "DIAGONAL_FIVE",
    "DIAGONAL_THREE",
    "EDGES",
    "EDGE_KINDS",
    "LETTERS",
    "LOWER",
    "MISSING",
    "MISSING_CODE",
    "NEIGHBORS",
    "NUM_BASES",
    "PAIRING",
    "STACKING",
    "STRANDS",
    "UPPER",
    "Attachment",
    "Contact",
    "Duplex",
    "Edge",
    "Junction",
    "JunctionArrays",
    "Site",
    "Strand",
    "edge_sites",
    "pair_index",
    "read_duplexes",
    "reverse_complement",
]
