"""Importers of foreign calculations; conversions of foreign orders and units live here only."""

from dnawire.data.importers.detect import EnergyWindow, import_records

__all__ = ["EnergyWindow", "import_records"]
