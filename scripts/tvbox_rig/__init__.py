"""Boots a Debian image with the package in QEMU and drives it as viewers, operators and accidents do."""
