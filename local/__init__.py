"""The laptop: everything that stands in for the cloud when the product runs on one machine."""
