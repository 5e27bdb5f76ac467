"""What lies at a path, before anything is configured: the kind of data, what is odd about it, and a config for it.

Light: files' names, headers and hashes, without TensorFlow, TFX or Beam. What a run would refuse is said in seconds.
"""
