"""The four commands, one a file."""
