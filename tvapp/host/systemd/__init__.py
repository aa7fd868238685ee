"""What the init system is told: that the app is ready, what it does, that it is alive, that it stops."""
