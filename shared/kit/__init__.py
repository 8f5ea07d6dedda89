"""What every noun uses and that knows no noun: errors, ids, time, pages, and the ports."""
