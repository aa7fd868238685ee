"""Sign-in with a phone, as a screen and as a panel over the map, and the account panel."""
