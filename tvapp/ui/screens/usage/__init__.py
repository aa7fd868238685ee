"""The usage page: how the Azure Maps account is used, and this TV's own part in it."""
