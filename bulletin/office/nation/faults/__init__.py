"""The faults of a rehearsal: each bends the script at a place of its own, and says what an audit must find."""
