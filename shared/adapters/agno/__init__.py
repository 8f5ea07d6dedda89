"""The adapter of the port Runner: agno runs the turn, its own storage and telemetry stay off."""
