"""A board from outside: its files over HTTP, from a directory or a zip file, and handing it records. No check."""
