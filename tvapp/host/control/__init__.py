"""How somebody at a desk reaches the running app: a Unix socket in the data folder (`tvapp ctl`)."""
