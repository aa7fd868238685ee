"""From a key on a remote to an intent; pure but for the key sources."""
