"""Agents: what they are, how one is run, and the turn that ties an agent to a session."""
