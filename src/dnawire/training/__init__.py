"""Training: loop, loss, optimizer, metrics, recovery; nothing of files and checkpoints."""
