"""`graduate ui`: a store in the browser, read-only, on this machine alone."""
