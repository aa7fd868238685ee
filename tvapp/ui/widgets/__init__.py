"""Things that can be drawn and have focus."""
