"""Clients of Azure's services: Azure Maps (render and data) and Blob Storage."""
