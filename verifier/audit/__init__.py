"""One log against one trust sheet: what was found false, what could not be checked, and the verdict."""
