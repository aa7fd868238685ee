"""A TV in a box: boots a Debian image with the package in QEMU and drives it as viewer, operator and fate would."""
