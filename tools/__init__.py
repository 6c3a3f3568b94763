"""What the model may call: the table of tools, and one file for each."""
