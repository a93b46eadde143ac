"""The course of the learning rate, in steps; one of its kinds looks at the validation loss."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Final

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from dnawire.config import OptimizationConfig

_RISING_SHARE: Final = 0.3
"""Share of the steps in which the rate of one-cycle rises."""

_FIRST_FRACTION: Final = 1.0 / 25.0
"""Where one-cycle begins, as a fraction of the highest rate."""


@dataclass
class Plateau:
    """Counts how often the validation loss has stopped falling."""

    best_loss: float = float("inf")
    epochs_without_progress: int = 0
    cuts: int = 0
    """How often the learning rate was cut."""

    def add(self, loss: float, patience: int) -> None:
        """Note the loss of an epoch; more than ``patience`` in a row without progress is a cut."""
        if loss < self.best_loss:
            self.best_loss, self.epochs_without_progress = loss, 0
            return
        self.epochs_without_progress += 1
        if self.epochs_without_progress > patience:
            self.cuts, self.epochs_without_progress = self.cuts + 1, 0


class LearningRateSchedule:
    """Learning rate of every step: linear warm-up, then the chosen course.

    ``cosine`` falls along half a cosine and ``constant`` stays. ``plateau`` is multiplied by
    ``plateau_factor`` whenever the validation loss has not fallen for ``plateau_patience`` epochs.
    ``one-cycle`` has a rise of its own, from 1/25 of the highest rate along half a cosine in 30 %
    of the steps, before it falls like ``cosine``.

    Parameters
    ----------
    optimizer
        Its rates are set; those it has now are the highest.
    settings
        Which course, and its numbers.
    steps_per_epoch
        Number of optimizer steps in an epoch.

    References
    ----------
    L. N. Smith and N. Topin, "Super-Convergence", arXiv:1708.07120 (one-cycle).
    """

    def __init__(
        self, optimizer: Optimizer, settings: OptimizationConfig, steps_per_epoch: int
    ) -> None:
        self._settings = settings
        self._steps_per_epoch = steps_per_epoch
        self._plateau = Plateau()
        self._rates = LambdaLR(optimizer, self._factor)

    @property
    def rate(self) -> float:
        """Learning rate of the next step."""
        return float(self._rates.get_last_lr()[0])

    def step(self) -> None:
        """Count an optimizer step and set the rate of the next one."""
        self._rates.step()

    def validated(self, loss: float) -> None:
        """Count an epoch and its validation loss."""
        if self._settings.schedule == "plateau":
            self._plateau.add(loss, self._settings.plateau_patience)
            self._set_rates(self._rates.last_epoch)

    def state_dict(self) -> dict[str, Any]:
        """How far it is, in plain values."""
        state: dict[str, Any] = self._rates.state_dict()
        if self._settings.schedule == "plateau":
            state["plateau"] = asdict(self._plateau)
        return state

    def load_state_dict(self, saved: dict[str, Any]) -> None:
        """Take over how far it is; its course stays that of this start."""
        rates = self._rates
        self._plateau = Plateau(**saved.get("plateau", {}))
        course = {name: value for name, value in saved.items() if name != "plateau"}
        rates.load_state_dict({**course, "base_lrs": rates.base_lrs})
        self._set_rates(saved["last_epoch"])

    def _set_rates(self, step: int) -> None:
        rates = self._rates
        rates._last_lr = [rate * self._factor(step) for rate in rates.base_lrs]
        for group, rate in zip(rates.optimizer.param_groups, rates._last_lr, strict=True):
            group["lr"] = rate

    def _factor(self, step: int) -> float:
        return _factor(self._settings, step, self._steps_per_epoch, self._plateau.cuts)


def rate_factor_after(settings: OptimizationConfig, epochs: int, steps_per_epoch: int) -> float:
    """Learning rate of the next step after some epochs, as a fraction of the highest.

    Parameters
    ----------
    settings
        Of a schedule that looks at nothing but the number of epochs: not plateau.
    epochs
        Completed epochs.
    steps_per_epoch
        Number of optimizer steps of one.
    """
    return _factor(settings, epochs * steps_per_epoch, steps_per_epoch, cuts=0)


def depends_on_total(settings: OptimizationConfig) -> bool:
    """Whether the learning rate of an epoch depends on how many there will be in all."""
    return settings.schedule in ("cosine", "one-cycle")


def is_all_warmup(settings: OptimizationConfig) -> bool:
    """Whether the learning rate never reaches its highest value."""
    return settings.schedule != "one-cycle" and settings.num_epochs < settings.warmup_epochs


def _factor(settings: OptimizationConfig, step: int, steps_per_epoch: int, cuts: int) -> float:
    floor = settings.final_learning_rate_fraction
    warmup, total = (
        epochs * steps_per_epoch for epochs in (settings.warmup_epochs, settings.num_epochs)
    )
    if settings.schedule == "one-cycle":
        return _one_cycle(step, total, floor)
    if step < warmup:
        return (step + 1) / warmup
    if settings.schedule == "constant":
        return 1.0
    if settings.schedule == "plateau":
        return max(floor, float(settings.plateau_factor**cuts))
    progress = min(1.0, (step - warmup) / max(1, total - warmup))
    return floor + (1.0 - floor) * 0.5 * (1.0 + math.cos(math.pi * progress))


def _one_cycle(step: int, total: int, floor: float) -> float:
    rise = _RISING_SHARE * total
    if step < rise:
        return _half_cosine(_FIRST_FRACTION, 1.0, step / rise)
    return _half_cosine(1.0, floor, min(1.0, (step - rise) / (total - rise)))


def _half_cosine(start: float, end: float, progress: float) -> float:
    return end + (start - end) * 0.5 * (1.0 + math.cos(math.pi * progress))
