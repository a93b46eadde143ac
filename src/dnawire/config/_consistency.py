"""Rules that tie several settings together, checked before any work is done."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from dnawire.config.data import GenerationConfig
from dnawire.config.guard_class import MUST_MATCH
from dnawire.config.model_settings import fields_of, foreign_settings
from dnawire.config.model_types import declaration
from dnawire.config.settings import guard_classes
from dnawire.config.suggestion import nearest
from dnawire.errors import UsageError

if TYPE_CHECKING:
    from dnawire.config.checkpoint import CheckpointConfig
    from dnawire.config.data import DataConfig
    from dnawire.config.loss import LossConfig
    from dnawire.config.model import ModelConfig

_MOST_VALUES: Final = 10**10
"""Numbers in all spectra of one set of records: 80 GB."""


def check_generation(data: GenerationConfig) -> None:
    """Refuse settings of generated records that contradict each other.

    Raises
    ------
    dnawire.errors.UsageError
        The shortest duplex is longer than the longest, the energy window is empty, a contact has no
        coupling, or the spectra would fill any memory.
    """
    if data.shortest > data.seq_length:
        raise UsageError(
            f"min_length = {data.min_length} is above seq_length = {data.seq_length}",
            "Lower min_length, or leave it out to generate duplexes of one length.",
        )
    if (data.energy_min is None) != (data.energy_max is None):
        raise UsageError(
            f"energy_min = {data.energy_min} and energy_max = {data.energy_max}: "
            "one end of the energy window is missing",
            "Give both, or neither for the window of the parameter set.",
        )
    if data.energy_min is not None and data.energy_max is not None:
        _check_window(data.energy_min, data.energy_max)
    for side, contact, gamma in (
        ("left", data.left_contact, data.gamma_left),
        ("right", data.right_contact, data.gamma_right),
    ):
        # A contact may name couplings of its own, which go before this one.
        if gamma == 0.0 and "=" not in contact:
            raise UsageError(
                f"gamma_{side} = 0: nothing can flow through the {side} contact",
                "Give a coupling in eV.",
            )
    _check_size(data)


def check_source(data: DataConfig) -> None:
    """Refuse settings of generated records beside a file of records, where they have no effect."""
    if data.data is None:
        return
    defaults = GenerationConfig()
    for name, default in vars(defaults).items():
        if getattr(data, name) != default:
            raise UsageError(
                f"{name} = {getattr(data, name)!r} has no effect beside data = {str(data.data)!r}: "
                "the records are read, not generated",
                f"Drop {name}, or drop data to generate records.",
            )


def check_target(model: ModelConfig, data: DataConfig) -> None:
    """Refuse to train a model of shell charges on generated records, which have none."""
    if declaration(model.model_type).target == "shell_charges" and data.data is None:
        raise UsageError(
            f"model_type = {model.model_type!r} learns shell charges, which generated records of a "
            "parameter set do not have",
            "Give --data FILE with a file of `dnawire generate xtb`.",
        )


def check_split(data: DataConfig) -> None:
    """Refuse fractions that leave nothing to train on, and settings without effect."""
    _check_splits_file(data)
    total = math.fsum((data.validation_fraction, data.test_fraction))
    if total >= 1.0:
        raise UsageError(
            f"validation_fraction = {data.validation_fraction} and "
            f"test_fraction = {data.test_fraction} add up to {total}: nothing is left to train on",
            "Choose fractions that add up to less than 1.",
        )


def _check_splits_file(data: DataConfig) -> None:
    if data.splits is None and data.allow_leak:
        raise UsageError(
            "allow_leak has no effect without splits: records are split so that no duplex is on "
            "two sides",
            "Drop allow_leak, or give a file of splits.",
        )
    fields = fields_of(type(data))
    for name in ("validation_fraction", "test_fraction", "split_seed"):
        if data.splits is not None and getattr(data, name) != fields[name].default:
            raise UsageError(
                f"{name} = {getattr(data, name)!r} has no effect beside splits = "
                f"{str(data.splits)!r}: the split is read, not drawn",
                f"Drop {name}, or drop splits.",
            )


def check_model(model: ModelConfig) -> None:
    """Refuse a width that the heads cannot share, and settings without effect on the model."""
    if model.hidden_dim % model.num_heads:
        raise UsageError(
            f"hidden_dim = {model.hidden_dim} is not a multiple of num_heads = {model.num_heads}",
            f"Choose for example hidden_dim = {_next_multiple(model.hidden_dim, model.num_heads)}.",
        )
    if model.init_digest is not None and model.init_from is None:
        raise UsageError(
            f"init_digest = {model.init_digest!r} has no effect without init_from: no model is "
            "started from",
            "Give the model with --init_from, or drop init_digest.",
        )
    foreign = foreign_settings(model.model_type)
    for name, field in fields_of(type(model)).items():
        if name in foreign and getattr(model, name) != field.default:
            raise UsageError(
                f"{name} = {getattr(model, name)!r} has no effect on a model of type "
                f"{model.model_type}",
                f"Drop {name}, or choose another model_type.",
            )


def check_loss(loss: LossConfig) -> None:
    """Refuse a loss that is always zero."""
    weights = {name: value for name, value in vars(loss).items() if name.endswith("_weight")}
    if not any(weights.values()):
        raise UsageError(
            f"{', '.join(weights)} are all 0: there is nothing to learn",
            "Give at least one of them a weight above 0.",
        )


def check_checkpoint(checkpoint: CheckpointConfig) -> None:
    """Refuse settings of checkpoints that contradict each other or have no effect."""
    if checkpoint.fresh and checkpoint.resume_from is not None:
        raise UsageError(
            f"fresh and resume_from = {str(checkpoint.resume_from)!r} contradict each other",
            "Drop fresh to resume, or drop resume_from to start anew.",
        )
    limit = checkpoint.time_limit_seconds
    if not checkpoint.enabled and (checkpoint.fresh or limit is not None):
        name = "fresh" if checkpoint.fresh else "time_limit"
        raise UsageError(
            f"{name} is given, but checkpoints are off: there would be nothing to resume from",
            "Add checkpoint_dir, for example `--checkpoint_dir ./checkpoints`.",
        )
    if limit is not None and limit <= checkpoint.stop_margin:
        raise UsageError(
            f"time_limit = {checkpoint.time_limit} is not above stop_margin = "
            f"{checkpoint.stop_margin}: the run would stop at once, at every start",
            "Raise time_limit or lower stop_margin.",
        )
    for name in checkpoint.allow_change:
        _check_allowed_change(name)


def _check_allowed_change(name: str) -> None:
    guards = guard_classes()
    if name not in guards:
        hint = nearest(name, [known for known in guards if guards[known] is MUST_MATCH])
        raise UsageError(
            f"allow_change = {name!r} is not the name of a setting",
            hint or "See `dnawire train --help` for all names.",
        )
    if name == "init_digest":
        raise UsageError(
            f"allow_change = {name!r} has no effect: a run that is resumed takes its weights "
            "from its checkpoint",
            "Give the --init_from of its first start.",
        )
    if guards[name] is not MUST_MATCH:
        raise UsageError(
            f"allow_change = {name!r} is not needed: this setting may always change",
            f"Drop {name} from allow_change.",
        )


def _check_size(data: GenerationConfig) -> None:
    """Refuse spectra that fill the memory of any machine, of all bases as well."""
    values = data.num_samples * data.num_energy_points * 2 * (1 + data.seq_length)
    if values > _MOST_VALUES:
        raise UsageError(
            f"num_samples = {data.num_samples}, num_energy_points = {data.num_energy_points} and "
            f"seq_length = {data.seq_length} make {values:.1e} numbers; at most {_MOST_VALUES:.0e} "
            "can be held",
            "Lower one of them.",
        )


def _check_window(lowest: float, highest: float) -> None:
    if lowest >= highest:
        raise UsageError(
            f"energy_min = {lowest} is not below energy_max = {highest}",
            "Swap them or choose another window.",
        )


def _next_multiple(value: int, factor: int) -> int:
    return -(-value // factor) * factor
