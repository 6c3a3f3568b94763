"""One file a speech backend."""
