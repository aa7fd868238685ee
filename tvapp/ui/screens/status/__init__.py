"""The status screen: which TV this is, and what a diagnosis of it finds."""
