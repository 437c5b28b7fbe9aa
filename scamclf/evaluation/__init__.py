"""How good a model is, on calls that it has not seen, beside a plain baseline."""
