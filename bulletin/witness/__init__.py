"""A witness: a process of its own."""
