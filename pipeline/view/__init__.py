"""What a person sees of a run: while it runs, and when it has ended."""
