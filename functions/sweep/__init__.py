"""What time alone must trigger; called by the scheduler each minute."""
