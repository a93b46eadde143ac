"""Importers of foreign calculations; conversions of foreign orders and units live here only."""

from dnawire.data.importers.detect import EnergyWindow, import_records
from dnawire.data.importers.homo import GivenHomo
from dnawire.data.importers.spectra import GivenConditions

__all__ = ["EnergyWindow", "GivenConditions", "GivenHomo", "import_records"]
