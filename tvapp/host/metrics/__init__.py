"""What Prometheus is told: a snapshot of the app, the metrics made of it, and the address where they are read."""
