"""The command line: thin commands over the public functions, and the only place that prints."""
