"""What a run leaves behind: events said, commands heard, the state they add up to, and where they lie."""
