"""The kinds of panels that screens are built from: dialogs, sheets at the left, lists, rows of options."""
