"""What one can type: one command a module."""
