"""Everything that a viewer sees: screens, widgets, words, theme and focus. Draws only on a `Canvas`."""
