"""The commissions' papers: what they say, what must hold of it, and what the whole of them shows (specs/plan.md)."""
