"""The report: one HTML file with figures, tables and an explorer that computes in the browser."""

from dnawire.reports.explorer import ExplorerStart, explorer_data
from dnawire.reports.page import Page, PagePicture, PageSection, PageTable, numerics, rendered

__all__ = [
    "ExplorerStart",
    "Page",
    "PagePicture",
    "PageSection",
    "PageTable",
    "explorer_data",
    "numerics",
    "rendered",
]
