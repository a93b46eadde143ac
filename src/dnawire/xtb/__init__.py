"""All-atom electronic structure at the level of GFN1-xTB, and records made with it.

The Fock matrix is F = H0 + S (v + v)/2 with one potential v for each shell of an atom, and H0 and S
functions of the geometry alone. A duplex is therefore stored by its shell potentials.
"""
