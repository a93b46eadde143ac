"""What all configuration groups share: strict validation with messages that a user can act on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import ConfigDict, Field, ModelWrapValidatorHandler, ValidationError, model_validator

from dnawire.config._messages import usage_error

GROUP: Final = ConfigDict(
    extra="forbid",
    strict=True,
    allow_inf_nan=False,
    use_attribute_docstrings=True,
)

Count = Annotated[int, Field(ge=1)]
Seed = Annotated[int, Field(ge=0)]
PositiveFloat = Annotated[float, Field(gt=0.0)]
NonNegativeFloat = Annotated[float, Field(ge=0.0)]
Fraction = Annotated[float, Field(gt=0.0, lt=1.0)]
Probability = Annotated[float, Field(ge=0.0, lt=1.0)]
PathLike = Annotated[Path, Field(strict=False)]
OptionalPath = Annotated[Path | None, Field(strict=False)]
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
