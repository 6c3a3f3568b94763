"""Who speaks: the embedded interviewer, any OpenAI-compatible endpoint, the fallback, the gate."""
