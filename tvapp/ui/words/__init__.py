"""Every word a viewer reads."""
