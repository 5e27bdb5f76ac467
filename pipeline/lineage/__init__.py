"""Inspects lineage: reads any ML Metadata store, also one that Graduate did not write, and answers questions about it.

Reads from the bottom up: `rows` (what a store holds), `stores` (SQLite, MySQL, PostgreSQL, gRPC), `vocabulary` (TFX's
local types and Kubeflow's, made the same), `records` (runs, executions, artifacts), `words` (what an argument means),
`walk` (upstream and downstream), then a question a file. Nothing here imports TensorFlow, TFX or Beam; nothing writes.
"""
