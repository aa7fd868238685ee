"""What the viewer sees: theme, text, focus, widgets, screens; draws only on a Canvas."""
