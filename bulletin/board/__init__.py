"""Admission: what enters the log, in which order, and what is said to who is turned away."""
