"""The kinds of panel that screens are made of: dialogs, sheets at the left, lists, rows of tiles."""
