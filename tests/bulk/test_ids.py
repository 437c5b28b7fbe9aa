from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scamclf.bulk import ids
from scamclf.bulk.ids import id_spool, repeats


@pytest.mark.parametrize("at_a_time", [1, 3, 2**22])
@settings(deadline=None, max_examples=50)
@given(names=st.lists(st.sampled_from("abcdefgh"), max_size=30))
def test_rows_whose_id_stood_before_are_found_however_few_digests_fit_into_memory(tmp_path_factory, at_a_time, names):
    path = tmp_path_factory.mktemp("spool") / "ids"
    with pytest.MonkeyPatch.context() as patch, id_spool(path) as spool:
        patch.setattr(ids, "_BUFFERED", 4)
        for row, name in enumerate(names):
            spool.add(row, name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ids, "RECORDS_AT_A_TIME", at_a_time)
        found = repeats(path)

    seen: Counter[str] = Counter()
    wanted = []
    for row, name in enumerate(names):
        seen[name] += 1
        if seen[name] > 1:
            wanted.append((row, names.index(name), seen[name]))
    assert [tuple(map(int, number)) for number in found] == wanted
