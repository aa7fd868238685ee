"""The protocols of Azure Maps."""
