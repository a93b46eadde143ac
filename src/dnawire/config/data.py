"""Settings of the data: which duplexes, which contacts, which energies, which split."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic.dataclasses import dataclass

from dnawire.config._group import (
    GROUP,
    Broadening,
    Count,
    Coupling,
    Energy,
    Fraction,
    Group,
    OptionalPath,
    Probability,
    Seed,
    Text,
)
from dnawire.config.guard_class import MAY_CHANGE, MUST_MATCH

SAME_AS_SEQ_LENGTH = -1
LONGEST = 10**6
"""Base pairs of the longest duplex that can be asked for."""


def _length_or_same(value: int) -> int:
    if value < 1 and value != SAME_AS_SEQ_LENGTH:
        raise ValueError(f"an integer of at least 1, or {SAME_AS_SEQ_LENGTH} for seq_length")
    return value


@dataclass(frozen=True, config=GROUP, kw_only=True)
class GenerationConfig(Group):
    """Settings of generated records: duplexes, contacts and energies."""

    parameters: Annotated[Text, MUST_MATCH] = "kordas2025"
    """Tight-binding parameter set (`dnawire parameters` lists them), or a TOML file of your own."""

    num_samples: Annotated[Count, MUST_MATCH] = 2000
    """Number of records to generate."""

    seq_length: Annotated[int, Field(ge=1, le=LONGEST), MUST_MATCH] = 8
    """Length of the longest generated duplex, in base pairs."""

    min_length: Annotated[int, Field(le=LONGEST), AfterValidator(_length_or_same), MUST_MATCH] = (
        SAME_AS_SEQ_LENGTH
    )
    """Length of the shortest generated duplex, in base pairs; -1 means seq_length."""

    num_energy_points: Annotated[int, Field(ge=2, le=10**6), MUST_MATCH] = 100
    """Number of equally spaced energies."""

    energy_min: Annotated[Energy, MUST_MATCH] = None
    """Lowest energy in eV; None takes the window of the parameter set."""

    energy_max: Annotated[Energy, MUST_MATCH] = None
    """Highest energy in eV; None takes the window of the parameter set."""

    missing_fraction: Annotated[Probability, MUST_MATCH] = 0.1
    """Fraction of generated duplexes with missing bases."""

    left_contact: Annotated[Text, MUST_MATCH] = "upper:0"
    """Left contact as STRAND:POSITION, e.g. upper:0, or upper:0,lower:-1 for the first pair."""

    right_contact: Annotated[Text, MUST_MATCH] = "upper:-1"
    """Right contact, written like the left one."""

    gamma_left: Annotated[Coupling, MUST_MATCH] = 0.1
    """Coupling of the left contact in eV."""

    gamma_right: Annotated[Coupling, MUST_MATCH] = 0.1
    """Coupling of the right contact in eV."""

    eta: Annotated[Broadening, MUST_MATCH] = 0.0
    """Imaginary part added to the energy, in eV."""

    @property
    def shortest(self) -> int:
        """Length of the shortest generated duplex, in base pairs."""
        return self.seq_length if self.min_length == SAME_AS_SEQ_LENGTH else self.min_length


@dataclass(frozen=True, config=GROUP, kw_only=True)
class DataConfig(GenerationConfig):
    """Settings of the data that a model is trained on."""

    data: Annotated[OptionalPath, MAY_CHANGE] = None
    """File of records to train on; None generates records instead."""

    validation_fraction: Annotated[Fraction, MUST_MATCH] = 0.1
    """Fraction of the duplexes that chooses the best epoch."""

    test_fraction: Annotated[Fraction, MUST_MATCH] = 0.1
    """Fraction of the duplexes that is looked at once, at the end."""

    split_seed: Annotated[Seed, MUST_MATCH] = 42
    """Seed of the split into training, validation and test."""

    splits: Annotated[OptionalPath, MAY_CHANGE] = None
    """File that says which records train, validate and test, like the splits.json of a run: lists
    of record numbers or of identifiers. None splits by fractions and seed."""

    allow_leak: Annotated[bool, MAY_CHANGE] = False
    """Accept a file of splits that has a duplex on two sides, in either writing; scores then say
    less."""
