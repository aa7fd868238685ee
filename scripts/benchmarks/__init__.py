"""Benchmarks of the whole program, from outside: one module a group of figures."""
