"""How tool calls look on the wire: finding where a call ends, reading and checking it."""
