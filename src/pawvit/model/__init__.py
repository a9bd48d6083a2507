"""The networks: the descriptor network that is exported, and the heads that only train it."""
