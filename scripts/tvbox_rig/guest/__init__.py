"""Programs and units for the guest; copied into its image."""
