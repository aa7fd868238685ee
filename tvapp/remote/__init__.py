"""Turns keys of a remote into intents; pure except for the key sources."""
