"""Admission: what enters the log, in which order, and the answer to whoever is turned away."""
