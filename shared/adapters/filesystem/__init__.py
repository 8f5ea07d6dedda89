"""Blobs as files below one folder: the laptop's stand-in for Cloud Storage."""
