"""How much of a transcript is held at once: whatever a file claims or hides, reading it stays below these.

Scoring may need 1 GiB more than for a small file and no more: a quarter for what a file expands to, about as much
again for the pieces made of it, and the tokens of a call of `scamclf.calls.MAX_CALL_CHARS` beside them.
"""

__all__ = [
    "MAX_CHANNELS",
    "MAX_DOCUMENT_BYTES",
    "MAX_EXPANDED_BYTES",
    "MAX_FOOTER_BYTES",
    "MAX_LINE_BYTES",
    "MAX_RECORD_CHARS",
    "MAX_ROW_GROUP_BYTES",
    "MAX_SUBTITLE_CHARS",
]

MAX_DOCUMENT_BYTES = 64 * 2**20
"""Largest file that is read as a whole: a day of speech with every word's times is half of it."""

MAX_EXPANDED_BYTES = 256 * 2**20
"""Memory that a JSON document may take once it is parsed: a byte of `[{"a":1},...` becomes 24."""

MAX_LINE_BYTES = 16 * 2**20
"""Longest line of JSONL, and largest row of a Parquet file: a call with every word's times is a tenth of it."""

MAX_RECORD_CHARS = 4 * 2**20
"""Longest record of a CSV file: a quote that is never closed must not draw in the whole file."""

MAX_SUBTITLE_CHARS = 16 * 2**20
"""Largest subtitle file: a day of speech is a quarter of it. A byte becomes 20 in memory."""

MAX_ROW_GROUP_BYTES = 512 * 2**20
"""Memory that pages and list entries of one Parquet row group may take, reckoned before any is read."""

MAX_FOOTER_BYTES = 16 * 2**20
"""Largest footer of a Parquet file: hundreds of row groups take some kilobytes each."""

MAX_CHANNELS = 64
"""Most channels of one recording: putting them in order takes time with their square."""
