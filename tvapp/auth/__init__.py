"""Signing in: the session (pure), its problems, and the edges to MSAL and the token file."""
