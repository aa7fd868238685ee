"""Sending HTTP requests, and what every request has in common."""
