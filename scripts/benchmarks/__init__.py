"""Benchmarks of the whole program, measured from outside; one module for each group of rows."""
