"""Results as files: pages, tables and feeds that are a function of the log (specs/results-pages.md)."""
