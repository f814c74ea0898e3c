"""The trainer's side: what it reads from a build. Training itself (SFT, then RL, then evaluation) is yet to come."""
