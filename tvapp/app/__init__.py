"""The program put together: frame loop, app, map session, and which implementation serves what."""
