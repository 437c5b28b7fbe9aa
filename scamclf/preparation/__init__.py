"""From corpora to a prepared data set: redaction marks filled, duplicates dropped, groups split."""
