"""What is pushed, served by KServe: the manifest of an InferenceService, and its roll-out in a cluster."""
