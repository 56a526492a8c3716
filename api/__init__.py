"""The only layer that knows HTTP, the command line, the environment and the clock."""
