"""A TV in a box: boots a Debian image with the package in QEMU and drives it as a viewer, an operator and fate would."""
