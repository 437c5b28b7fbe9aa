"""Fine-tuning an encoder on windows of calls."""
