"""The trainer: SFT, then RL, then evaluation, on a build's shards. One module a stage, called by `toolscale train` and a flow."""
