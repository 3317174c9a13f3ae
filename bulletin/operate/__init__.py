"""What an operator does: commands, settings, their inspection, the journal."""
