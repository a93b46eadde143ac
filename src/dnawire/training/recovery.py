"""Recovery from divergence: back to the start of the epoch, by smaller steps, a few times only."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch

from dnawire.checkpoint import StateRegistry, not_finite
from dnawire.errors import DivergedError
from dnawire.training.state import RunState

logger = logging.getLogger(__name__)

_COUNTERS = ("batch", "step", "loss_sum", "loss_count")


@dataclass
class Recovery:
    """Goes back to the last good state, that of the start of the epoch, when training diverges.

    When saves happen to be made has no influence on where a run goes back to, so that a run with
    checkpoints, one without and one that was killed on the way all take the same course. A
    checkpoint made within an epoch therefore holds the state of its start as well.
    """

    parts: StateRegistry
    """All that a step changes but the counters in `state`."""
    state: RunState
    max_rollbacks: int
    """Rollbacks after which the run ends; those of the whole run count."""
    rate_factor: float
    """What a rollback multiplies the learning rate of the rest of the run by."""
    _good: dict[str, Any] = field(default_factory=dict)

    def begin(self) -> None:
        """Take the present state as good if no checkpoint has brought one."""
        if not self._good:
            self.mark(self.verified_copy())

    def verified_copy(self) -> dict[str, Any]:
        """Copy the state of all parts.

        Raises
        ------
        DivergedError
            A value is not finite.
        """
        copy = self.parts.snapshot()
        name = not_finite(copy)
        if name is not None:
            raise diverged(f"{name.lstrip('/')} is not finite", self.state)
        return copy

    def mark(self, copy: dict[str, Any]) -> None:
        """Take the present state as the last good one; ``copy`` is its `verified_copy`."""
        self._good = {**copy, "counters": {name: getattr(self.state, name) for name in _COUNTERS}}

    def copies(self) -> dict[str, Any]:
        """Copies of all parts between two epochs, when the last good state is the present one."""
        return {name: self._good[name] for name in self.parts.names if name in self._good}

    def roll_back(self, error: DivergedError, skipped: list[int]) -> None:
        """Go back, lower the learning rate and skip batches in the rest of the epoch.

        Without either, a run that is bit-exact would diverge again at the same step.

        Parameters
        ----------
        error
            What happened; the counters of the state say when.
        skipped
            First batches of the steps that the retry skips.

        Raises
        ------
        DivergedError
            No rollback is left.
        """
        state = self.state
        if len(state.rollbacks) >= self.max_rollbacks:
            raise error
        for name, value in self._good["counters"].items():
            setattr(state, name, value)
        self.parts.restore({name: self._good[name] for name in self.parts.names})
        state.rollbacks.append(error.problem)
        state.rate_share *= self.rate_factor
        state.skipped.extend(skipped)
        logger.warning(
            "DIVERGED: %s; rollback %d of %d to the start of epoch %d, at %g times the learning "
            "rate%s",
            error.problem, len(state.rollbacks), self.max_rollbacks, state.epoch + 1,
            state.rate_share, "".join(f", without batch {batch + 1}" for batch in skipped),
        )  # fmt: skip

    def state_dict(self) -> dict[str, Any]:
        """State of the start of the epoch; empty at that start, where it is the present state."""
        return self._good if self.state.batch else {}

    def load_state_dict(self, saved: dict[str, Any]) -> None:
        """Take over what `state_dict` returned, after all parts have taken over theirs."""
        if saved:
            self._good = saved
        else:
            self.mark(self.verified_copy())


def diverged(problem: str, state: RunState) -> DivergedError:
    """Return the error that says what is not finite, and where the run is."""
    return DivergedError(
        f"{problem} at step {state.step + 1}, epoch {state.epoch + 1}",
        "Lower --learning_rate or --gradient_clip (with --allow_change), or raise --max_rollbacks; "
        "the last good checkpoint is untouched.",
    )


@contextmanager
def lowered_rate(optimizer: torch.optim.Optimizer, share: float) -> Iterator[None]:
    """Context in which the optimizer steps by a share of the scheduled learning rate."""
    scheduled = [group["lr"] for group in optimizer.param_groups]
    for group in optimizer.param_groups:
        group["lr"] = share * group["lr"]
    try:
        yield
    finally:
        for group, rate in zip(optimizer.param_groups, scheduled, strict=True):
            group["lr"] = rate
