"""Results as files: pages, tables and feeds that follow from the log and the trust sheet (specs/results-pages.md)."""
