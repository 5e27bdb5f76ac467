"""What is written down of every run besides its config, verdicts and metrics, so that lineage can ask for it.

`start` gathers what is known before anything runs (data, code, locks, libraries), `outcome` what its artifacts tell
once it has ended, however it ended. Nothing here is part of a cache key, and nothing here may make a run fail.
docs/lineage_runs.md lists the properties.
"""
