"""The desk as pages, for a person at this machine alone."""
