"""The auditor's desk: command line, reading a board over HTTP, progress and reports; no check lives here."""
