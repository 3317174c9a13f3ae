"""The log's writer: entries, tiles, signed checkpoints, and how none of them is ever lost."""
