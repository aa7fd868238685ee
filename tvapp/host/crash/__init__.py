"""What happens when the app cannot go on: a report, a word on the screen, and a new start that is never hurried."""
