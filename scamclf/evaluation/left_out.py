"""Calls of sources that a bundle has never met: neither its model nor its thresholds and gate were made from them."""

from collections.abc import Sequence
from pathlib import Path

from scamclf.bundle import Manifest
from scamclf.calls import Call
from scamclf.errors import DataError
from scamclf.preparation.prepare import load_prepared

__all__ = ["left_out_calls"]


def left_out_calls(manifest: Manifest, folders: Sequence[Path]) -> list[Call]:
    """Take them from prepared data sets, of this recipe and of others that read more sources.

    Args:
        manifest: of the bundle.
        folders: prepared data sets, for example `runs/NAME/data`; every split of them is looked through.

    Returns:
        Labelled calls, each once.

    Raises:
        DataError: a folder is no prepared data set, or there is no such call.
    """
    counts = manifest.provenance.get("data_counts", {})
    met = {source for source, splits in counts.items() if set(splits) - {"test"}}
    calls = {
        call.call_id: call
        for folder in folders
        for split in load_prepared(folder).splits.values()
        for call in split
        if call.source not in met and call.label is not None
    }
    if not calls:
        raise DataError(f"{', '.join(map(str, folders))}: every source was met in making the bundle; wanted others")
    return list(calls.values())
