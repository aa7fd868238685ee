"""After a crash: reports of it, and the pause before a new start."""
