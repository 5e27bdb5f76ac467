"""Options that engines are told through Beam's job server, which answers what it knows: Beam's Python does not know
these. They were asked of the job servers of Beam 2.70 (a test asks again where there is one)."""

from __future__ import annotations

_FLINK = """
allow_non_restored_state attached_mode auto_balance_write_files_sharding_enabled auto_watermark_interval
checkpoint_timeout_millis checkpointing_interval checkpointing_mode disable_metrics enable_stable_input_drain
execution_mode_for_batch execution_retry_delay externalized_checkpoints_enabled fail_on_checkpointing_errors faster_copy
file_input_split_max_size_m_b finish_bundle_before_checkpointing flink_conf_dir force_slot_sharing_group
force_unaligned_checkpoint_enabled job_check_interval_in_secs latency_tracking_interval max_bundle_size
max_bundle_time_mills min_pause_between_checkpoints num_concurrent_checkpoints number_of_execution_retries object_reuse
operator_chaining re_iterable_group_by_key_result report_checkpoint_duration
retain_externalized_checkpoints_on_cancellation savepoint_path shutdown_sources_after_idle_ms state_backend
state_backend_factory state_backend_storage_path unaligned_checkpoint_enabled use_data_stream_for_batch
"""
_SPARK = """
batch_interval_millis bundle_size cache_disabled checkpoint_dir checkpoint_duration_millis enable_spark_metric_sinks
max_records_per_batch min_read_time_millis prefer_group_by_key_to_handle_huge_values read_time_percentage spark_master
storage_level streaming_timeout_ms uses_provided_spark_context
"""
_BOTH = "environment_expiration_millis load_balance_bundles semi_persist_dir"
BY_RUNNER = {
    "flink": frozenset(f"{_FLINK} {_BOTH}".split()),
    "spark": frozenset(f"{_SPARK} {_BOTH}".split()),
}
