"""Access tokens: made and checked here, or checked against an outside issuer's keys."""
