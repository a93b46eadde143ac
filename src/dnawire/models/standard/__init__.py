"""The model ``standard``: graph -> spectra."""
