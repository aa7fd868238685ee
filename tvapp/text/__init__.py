"""Text of any script as glyphs: order, joining, fallback fonts."""
