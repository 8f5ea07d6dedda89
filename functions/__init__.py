"""The deployed Cloud Functions, one folder each."""
