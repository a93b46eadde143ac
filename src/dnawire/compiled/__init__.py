"""Compiled code: how numba compiles and caches kernels, and the lanes that they compute in."""
