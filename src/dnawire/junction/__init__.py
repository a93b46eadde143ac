"""Duplex, contacts and junction: what is measured, in letters and numbers. Imports no torch."""

from dnawire.junction.contact import Attachment, Contact
from dnawire.junction.duplex import (
    BASES,
    MISSING,
    MISSING_CODE,
    STRANDS,
    Duplex,
    Site,
    Strand,
    pair_index,
    reverse_complement,
)
from dnawire.junction.junction import Junction
from dnawire.junction.ladders import Ladders

__all__ = [
    "BASES",
    "MISSING",
    "MISSING_CODE",
    "STRANDS",
    "Attachment",
    "Contact",
    "Duplex",
    "Junction",
    "Ladders",
    "Site",
    "Strand",
    "pair_index",
    "reverse_complement",
]
