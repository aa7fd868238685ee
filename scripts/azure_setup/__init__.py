"""Sets up, checks and removes what tvapp needs in an Azure tenant; the commands are in `scripts/azure`.

Only the standard library is imported, because an administrator runs this beside `az`, also in Cloud Shell.
"""
