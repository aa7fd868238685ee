"""Mutation testing of the pure rooms with mutmut: seeded samples, room by room."""
