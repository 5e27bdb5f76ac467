"""Pages of lineage: the graph round something as one HTML file that needs nothing else."""

from graduate.pipeline.lineage.page.document import write

__all__ = ["write"]
