"""The parts of a review: reading turns, finding questions, matching them to the bank, judging."""
