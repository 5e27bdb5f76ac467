"""Which engine computes what Beam computes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graduate.pipeline.config.model import PipelineConfig

# The older, simpler direct runner has a second less of set-up than the portable one; an image label makes TFX
# not build a source package for every node.
DIRECT = ("--runner=BundleBasedDirectRunner", "--sdk_container_image=local")


def beam_args(config: PipelineConfig) -> tuple[str, ...]:
    """Beam's arguments for every node that it computes."""
    return DIRECT
