"""What makes one job differ from another: a folder holds the scores of one bundle with one of these."""

from dataclasses import dataclass

from scamclf.errors import ConfigError

__all__ = ["ON_DUPLICATE", "OUTPUT_FORMATS", "Settings"]

OUTPUT_FORMATS = ("parquet", "jsonl", "csv")
ON_DUPLICATE = ("refuse", "suffix")


@dataclass(frozen=True, slots=True)
class Settings:
    """How a job reads and writes.

    Args:
        input_format: one of `scamclf.readers.FORMATS`; None looks into each file.
        id_column, text_column: columns of a CSV or Parquet file that hold the id and the text.
        output_format: one of `OUTPUT_FORMATS`.
        include_text: whether a last column holds the text that the model read.
        on_duplicate: "refuse" ids that are missing or stand twice, or "suffix": the second `a` becomes `a#2`.
        unit_rows: rows of one output file, at least 1: what a crash loses.

    Raises:
        ConfigError: a value is out of range.
    """

    input_format: str | None = None
    id_column: str = "call_id"
    text_column: str = "text"
    output_format: str = "parquet"
    include_text: bool = False
    on_duplicate: str = "refuse"
    unit_rows: int = 8192

    def __post_init__(self) -> None:
        """Check every value."""
        for name, wanted in (("output_format", OUTPUT_FORMATS), ("on_duplicate", ON_DUPLICATE)):
            if (found := getattr(self, name)) not in wanted:
                raise ConfigError(f"{name.replace('_', ' ')} is {found!r}; wanted one of {', '.join(wanted)}")
        if self.unit_rows < 1:
            raise ConfigError(f"unit rows is {self.unit_rows}; wanted at least 1")
