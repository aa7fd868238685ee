"""The tenant of the local cloud: directory, resources and roles; Microsoft Graph and Azure Resource Manager."""
