"""HTTP: routing, limits, authentication, parsing and answering. The only package that knows Flask."""
