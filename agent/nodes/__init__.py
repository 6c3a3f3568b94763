"""The graph's nodes: one file, one function of the same name, state in, partial state out."""
