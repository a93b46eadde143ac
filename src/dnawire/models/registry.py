"""From the name of a type of model to an untrained model, and to what predicts with it."""

from __future__ import annotations

import dataclasses
from typing import Any, Protocol, Self, cast

import torch

from dnawire.config import EncoderSettings, declaration
from dnawire.config.model_types import resolve
from dnawire.models.base import TransportModel
from dnawire.predictors import Conditions, Predictor


@dataclasses.dataclass(frozen=True)
class ModelSpecification:
    """All that is needed to build an untrained model; stored beside its weights."""

    model_type: str
    num_energies: int
    settings: EncoderSettings
    """Of the class that the type of the model declares."""

    @classmethod
    def of(cls, model_type: str, num_energies: int, **values: Any) -> Self:  # noqa: ANN401
        """Specify a model by the names of its settings; those that are missing have their defaults.

        Raises
        ------
        dnawire.errors.UsageError
            A setting does not exist or has an impossible value.
        """
        return cls(model_type, num_energies, declaration(model_type).settings(**values))

    def to_plain(self) -> dict[str, Any]:
        """Return all of it by flat names, for JSON; undone by `of`."""
        names = {"model_type": self.model_type, "num_energies": self.num_energies}
        return names | vars(self.settings)


class PredictorClass(Protocol):
    """Class of predictors that are made of a name, conditions and a trained model."""

    respects: tuple[str, ...]
    knows_all_energies: bool
    knows_hamiltonian: bool

    def __call__(self, name: str, conditions: Conditions, model: TransportModel) -> Predictor:
        """Make a predictor."""


def model_class(name: str) -> type[TransportModel]:
    """Class of a type of model."""
    return cast("type[TransportModel]", resolve(name, declaration(name).model))


def predictor_class(name: str) -> PredictorClass:
    """Class of what predicts with a trained model of a type."""
    return cast("PredictorClass", resolve(name, declaration(name).predictor))


def build_model(specification: ModelSpecification, seed: int) -> TransportModel:
    """Build a model whose initial weights are a function of ``seed`` alone.

    The global random state of torch is left as it was found.
    """
    build = model_class(specification.model_type)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build(specification.num_energies, specification.settings)
