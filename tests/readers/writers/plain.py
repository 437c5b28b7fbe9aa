"""Files of no vendor: what people write themselves."""

import csv
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq

from tests.readers.writers.talk import NAMES, Talk, seconds, to_json


def jsonl(talk: Talk) -> bytes:
    turns = [
        {"speaker": NAMES[t.speaker], "text": t.text, "start_s": seconds(t.start), "end_s": seconds(t.end)}
        for t in talk
    ]
    return to_json({"call_id": "1", "turns": turns}) + b"\n"


def json_list(talk: Talk) -> bytes:
    return to_json([json.loads(jsonl(talk))])


def text(talk: Talk) -> bytes:
    if len(talk) == 1:
        return talk[0].text.encode()
    return "\n".join(f"{NAMES[t.speaker].title()}: {t.text}" for t in talk).encode()


def csv_rows(talk: Talk) -> bytes:
    file = io.StringIO()
    csv.writer(file).writerows([("call_id", "text"), ("1", text(talk).decode())])
    return file.getvalue().encode()


def parquet(talk: Talk) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([json.loads(jsonl(talk))]), file)
    return file.getvalue()
