"""A mirror: a process of its own."""
