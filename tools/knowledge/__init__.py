"""The knowledge base: question banks, their search, duplicates and the glossary."""
