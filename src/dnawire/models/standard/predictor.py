"""The predictor of ``standard``: its forward pass, on the grid of its training."""

from __future__ import annotations

from dnawire.models.grid_predictor import GridPredictor


class StandardPredictor(GridPredictor):
    """T and DOS on one grid and at one eta; neither LDOS nor H."""
