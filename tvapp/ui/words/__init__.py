"""Every word that a viewer reads."""
