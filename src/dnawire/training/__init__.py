"""Training: fits a model to records by runs that cannot be lost."""

from dnawire.training.run import Outcome, train

__all__ = ["Outcome", "train"]
