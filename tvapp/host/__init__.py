"""What the machine gives: process, one instance, heartbeat, clock, disk, event log, systemd, crash reports."""
