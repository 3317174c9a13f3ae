"""The log, which knows nothing of elections: trees, notes, checkpoints, witnesses' policy, receipts, evidence."""
