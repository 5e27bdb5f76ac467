"""What a node obeys: the config keys, the code and the outside content that its output depends on.

It is an execution property of every node, hence part of TFX's cache key; comparing two of them says why a node ran.
"""

from graduate.pipeline.obeys.nodes import node_obeys, reason

__all__ = ["node_obeys", "reason"]
