"""The interviewer: state, graph and moves; and its faces: command line, web, voice."""
