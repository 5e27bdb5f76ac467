"""The application: what runs, in which order, where."""
