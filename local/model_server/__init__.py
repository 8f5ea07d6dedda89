"""A small OpenAI-compatible server over the local models, so that Reggie answers without a key.

Served: `/v1/models`, `/v1/chat/completions`, `/v1/embeddings`, `/health`. While no weights are there the demo answerer replies and says so.
"""
