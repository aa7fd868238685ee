"""Settings: the frozen values, the rule of each, and how they are loaded."""
