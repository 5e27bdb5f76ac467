"""Where the DAG runs: `local` and `beam` take the same compiled pipeline and give the same artifacts."""
