"""A nation that never was: people, figures and papers of a plan's units, to rehearse with (specs/rehearsal.md)."""
