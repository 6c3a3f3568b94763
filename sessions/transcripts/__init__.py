"""The forms in which transcripts come, one module each, and what is counted in them."""
