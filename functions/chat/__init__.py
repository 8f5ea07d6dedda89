"""Runs: start, stream, continue, resume, cancel. With worker the only function that imports agno at run time."""
