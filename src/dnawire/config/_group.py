"""What all configuration groups share: strict validation with messages that a user can act on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    ValidationError,
    model_validator,
)

from dnawire.config._messages import usage_error
from dnawire.files.paths import read_path
from dnawire.scalars import BROADENING, COUPLING, ENERGY

GROUP: Final = ConfigDict(
    extra="forbid",
    strict=True,
    allow_inf_nan=False,
    use_attribute_docstrings=True,
)


def _as_path(value: object) -> object:
    return read_path(value) if isinstance(value, str) else value


def _coupling(value: float) -> float:
    if value not in COUPLING:
        raise ValueError(f"a coupling of {COUPLING}")
    return value


def _broadening(value: float) -> float:
    if value not in BROADENING:
        raise ValueError(f"an imaginary energy of {BROADENING}")
    return value


Count = Annotated[int, Field(ge=1, le=10**9)]
Seed = Annotated[int, Field(ge=0, le=2**63 - 1)]
PositiveFloat = Annotated[float, Field(gt=0.0, le=1e9)]
NonNegativeFloat = Annotated[float, Field(ge=0.0, le=1e9)]
Energy = Annotated[float | None, Field(ge=ENERGY.low, le=ENERGY.high)]
Coupling = Annotated[float, Field(ge=0.0, le=COUPLING.high), AfterValidator(_coupling)]
Broadening = Annotated[float, Field(ge=0.0, le=BROADENING.high), AfterValidator(_broadening)]
Fraction = Annotated[float, Field(gt=0.0, lt=1.0)]
Probability = Annotated[float, Field(ge=0.0, lt=1.0)]
PathLike = Annotated[Path, Field(strict=False), BeforeValidator(_as_path)]
OptionalPath = Annotated[Path | None, Field(strict=False), BeforeValidator(_as_path)]
Text = Annotated[str, Field(min_length=1)]
OptionalText = Annotated[str | None, Field(min_length=1)]


class Group:
    """Base of the configuration groups: a wrong value raises `dnawire.errors.UsageError`."""

    @model_validator(mode="wrap")
    @classmethod
    def _explain(cls, values: Any, validate: ModelWrapValidatorHandler[Any]) -> Any:  # noqa: ANN401
        try:
            return validate(values)
        except ValidationError as error:
            raise usage_error(error, cls) from None
