"""Voice around one hole: heard words in, sentences out."""
