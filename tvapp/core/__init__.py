"""What everything else stands on: errors, clock, jobs, files, back-off, log."""
