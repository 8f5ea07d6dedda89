"""Sessions and their runs: what was said, in which order, and what is happening now."""
