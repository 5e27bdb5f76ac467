"""`graduate serve`: a pushed model behind TensorFlow Serving's REST API, on this machine alone, to try it."""
