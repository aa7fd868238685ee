"""The diagnosis of this TV: every part is checked, and what is wrong is named with its remedy.

`tvapp doctor` prints it and the status screen shows it. No check changes anything on this machine, and none renews a
token in a way that ends the sign-in of a running app; only the check of writing, where it is asked for, writes and
removes one geofence in the store.
"""
