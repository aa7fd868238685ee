"""Parts that screens draw: text, buttons, cards, rows, the hint line."""
