"""What StatisticsGen computes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tensorflow_data_validation as tfdv

    from graduate.pipeline.config.model import PipelineConfig


def stats_options(config: PipelineConfig) -> tfdv.StatsOptions:
    """Options of TFDV."""
    import tensorflow_data_validation as tfdv

    return tfdv.StatsOptions()
