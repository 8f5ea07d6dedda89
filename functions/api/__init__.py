"""Everything without a model: agents, sessions, descriptions."""
