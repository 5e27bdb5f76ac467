"""Batch inference: `graduate predict MODEL FOLDER -o OUT`, by chunks, through Beam, going on where it was stopped.

In the style of TFX's BulkInferrer, which takes tf.Examples and a signature that parses them; here raw files, lines and
rows of tables go through the serving signature, as a server would be asked, and what is bad stands beside what is not.
"""
