"""A run that cannot be lost: preparation, checkpoints, resume, results, requeue, messages."""

from dnawire.runs.run import Run, train

__all__ = ["Run", "train"]
