"""A pipeline on a cluster: uploaded, started or scheduled, and followed, through Kubeflow Pipelines' own API."""
