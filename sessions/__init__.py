"""What is remembered: records, ledger, checkpoints, memory, mastery, schedule, delivery, report."""
