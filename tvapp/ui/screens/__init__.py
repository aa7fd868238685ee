"""The screens and panels, one a module."""
