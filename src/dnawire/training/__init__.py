"""Training: fits a model to records by runs that cannot be lost."""

from dnawire.training.run import train

__all__ = ["train"]
