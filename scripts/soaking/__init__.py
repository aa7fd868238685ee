"""The soak: a month of a TV's life in simulated time, and whether anything grows, breaks or stays broken."""
