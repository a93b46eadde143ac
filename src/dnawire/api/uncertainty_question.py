"""What the sources of uncertainty are: flags of the command, which are keywords as well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from dnawire.api.questions import DisorderKeywords, DrawnQuestion
from dnawire.errors import UsageError
from dnawire.scalars import ENERGY, Range, checked_row, checked_text

_RANGE: Final = Range(1e-6, 10.0, "eV", or_zero=True)


@dataclass(frozen=True)
class UncertaintyQuestion(DrawnQuestion):
    """Fermi energy and temperature, and what is not known."""

    fermi_range: float = 0.0
    """The Fermi energy is known to plus and minus this, in eV."""

    sets: tuple[str, ...] = ()
    """Other models or parameter sets that say the same otherwise, e.g. exact:roche-voityuk."""

    zeros: tuple[float, ...] = ()
    """Energy in eV that counts as zero, of the model and of each of --sets in their order: the
    Fermi energy is then counted from it. For sets whose own zeros differ."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check("fermi_range", _RANGE)
        self._check("zeros", ENERGY)
        if self.zeros and not self.sets:
            raise UsageError(
                "zeros has no effect without sets: nothing is compared",
                "Give --sets, or drop --zeros.",
            )

    def check_model(self, model: str | None) -> None:
        """Refuse to compare a model with itself, under whatever names; None of one without a name.

        Raises
        ------
        DnawireError
            One of the sets is the model, or another one of them, or there is no such model.
        """
        from dnawire.inference import digest_of_model

        known: dict[str, str] = {}
        for name in (*([] if model is None else [model]), *self.sets):
            digest = digest_of_model(name)
            if digest in known:
                raise UsageError(
                    f"sets: {name} is there twice, before as {known[digest]}: a comparison with "
                    "itself would count as agreement",
                    "Name each model or parameter set once.",
                )
            known[digest] = name

    @classmethod
    def of(cls, keywords: Mapping[str, Any]) -> Self:
        """Return what some keywords ask for; one name is a row of one where several may be.

        Raises
        ------
        UsageError
            A value is impossible.
        """
        values = dict(keywords)
        if "sets" in values:
            given = values["sets"]
            row = (given,) if isinstance(given, str) else checked_row("sets", given)
            values["sets"] = tuple(checked_text("sets", one, "roche-voityuk") for one in row)
        if "zeros" in values:
            values["zeros"] = checked_row("zeros", values["zeros"])
        return super().of(values)


class UncertaintyKeywords(DisorderKeywords, total=False):
    """Keywords of ``dw.uncertainty``, named like the flags of `UncertaintyQuestion`."""

    fermi_range: float
    sets: Sequence[str] | str
    zeros: Sequence[float]
