"""scamclf: recognise scam phone calls from their transcripts."""

__version__ = "0.1.0"
__all__ = ["__version__"]
