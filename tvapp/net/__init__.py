"""Sends HTTP requests: transport, policies, and the monitor of the network."""
