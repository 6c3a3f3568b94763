"""The report of a session: built from the ledger, rendered for people and machines."""
