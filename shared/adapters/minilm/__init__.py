"""Embeddings on this machine: all-MiniLM-L6-v2 with onnxruntime."""
