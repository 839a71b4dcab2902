"""How a run trains: the Trainer with whole checkpoints, a loss guard, events out and commands in."""
