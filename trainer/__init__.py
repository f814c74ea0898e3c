"""The trainer: SFT, then RL, then evaluation, on a build's shards. One module a stage; `toolscale train` and the train flow call them."""
