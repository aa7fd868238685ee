"""A small stand-in for Entra ID and Azure Maps on loopback, for the demo and the tests."""
