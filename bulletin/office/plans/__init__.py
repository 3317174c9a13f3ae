"""Plans that are ready, and what they are made of (specs/plan.md §10)."""
