"""What everyone must be able to check: formats, equations of the proofs, rules of the election; public bytes only."""
