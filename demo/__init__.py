"""A pilot election from key ceremony to certified result, over real HTTP on this machine."""
