"""Changes on their way to the store."""
