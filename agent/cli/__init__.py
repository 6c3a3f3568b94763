"""The command line: one file a command; rich lives here only."""
