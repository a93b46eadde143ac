"""Importers of foreign calculations; conversions of foreign orders and units live here only."""

from dnawire.data.importers.detect import EnergyWindow, import_records
from dnawire.data.importers.homo import GivenHomo

__all__ = ["EnergyWindow", "GivenHomo", "import_records"]
