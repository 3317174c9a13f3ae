"""The electronic vote: one file an idea, each with its records, its rules and its checks."""
