"""A blind vote: a person reads two answers to the same prompt, whose they are is hidden, and says which is better."""
