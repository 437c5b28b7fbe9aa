"""On Ray Data: actors and drivers are processes, and die."""

import os
from importlib.util import find_spec

import pytest
from engines import PATIENCE_S, assert_same, kill_one, rows_of, running, wait_until

from scamclf.errors import BundleError, ConfigError, DataError, JobError, ReaderError

pytestmark = pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed: pip install 'scamclf[ray]'")

os.environ["RAY_USAGE_STATS_ENABLED"] = "0"

CALLS = [{"nr": nr, "words": "hello there", "day": "mon"} for nr in "789"]
NAMES = {"id_column": "nr", "text_column": "words"}


@pytest.fixture(scope="module")
def cluster():
    """A cluster of this machine with four CPUs; that there are fewer does not matter to it."""
    import ray
    from ray.cluster_utils import Cluster

    node = {"num_cpus": 4, "include_dashboard": False, "include_log_monitor": False, "object_store_memory": 2**28}
    cluster = Cluster(initialize_head=True, head_node_args=node)
    ray.init(cluster.address, log_to_driver=False)
    ray.data.DataContext.get_current().enable_progress_bars = False
    yield cluster
    ray.shutdown()
    cluster.shutdown()


@pytest.fixture
def small(cluster):
    import ray

    return ray.data.from_items(CALLS)


def test_ray_gives_the_rows_of_a_single_machine(cluster, calls_folder, tiny_bundle, expected, tmp_path):
    import ray

    from scamclf.integrations.ray import score

    score(ray.data.read_parquet(str(calls_folder)), tiny_bundle, rows_per_task=100).write_parquet(tmp_path / "out")

    assert_same(rows_of(tmp_path / "out"), expected)


def test_columns_are_named_and_kept_and_the_engine_has_its_own_options(small, tiny_bundle):
    from scamclf.integrations.ray import score

    df = score(small, tiny_bundle, **NAMES, keep=["day"], ship=False, num_cpus=2, memory=2**20)

    rows = sorted(df.take_all(), key=lambda row: row["call_id"])
    assert list(rows[0])[:3] == ["day", "call_id", "status"]
    assert [(row["day"], row["call_id"], row["status"], row["n_tokens"]) for row in rows] == [
        ("mon", nr, "ok", 2) for nr in "789"
    ]


def test_scoring_is_lazy(small, tiny_bundle):
    from scamclf.integrations.ray import score

    def fail(row):
        raise RuntimeError("it ran")

    ds = score(small.map(fail), tiny_bundle, **NAMES)

    with pytest.raises(Exception, match="it ran"):
        ds.take_all()


def test_a_block_that_is_too_large_is_cut(small, tiny_bundle):
    from scamclf.integrations.ray import score

    assert score(small.repartition(1), tiny_bundle, **NAMES, rows_per_task=1).materialize().num_blocks() == 3


def test_too_few_cpus_are_told_and_not_waited_for(small, tiny_bundle, tmp_path):
    from ray.data import ActorPoolStrategy

    from scamclf.integrations.ray import score

    with pytest.raises(ConfigError, match="the cluster has 4 CPUs; wanted 1 x 4 CPUs to score, and 1 CPUs to read"):
        score(small, tiny_bundle, **NAMES, num_cpus=4)
    with pytest.raises(ConfigError, match="wanted 3 x 1 CPUs to score, and 2 CPUs to read"):
        score(small, tiny_bundle, **NAMES, compute=ActorPoolStrategy(size=3), checkpoint=str(tmp_path / "state"))
    with pytest.raises(ConfigError, match="the cluster has 4 CPUs, 0 GPUs; wanted 1 x 1 CPUs and 1 x 1 GPUs to score"):
        score(small, tiny_bundle, **NAMES, num_gpus=1)


def test_what_is_wrong_is_said_before_anything_runs(small, tiny_bundle, tmp_path):
    from scamclf.integrations.ray import score

    with pytest.raises(ReaderError, match=r"wanted call_id and one of turns, text"):
        score(small, tiny_bundle)
    with pytest.raises(ConfigError, match="keep has nothing; the columns are nr, words, day"):
        score(small, tiny_bundle, **NAMES, keep=["nothing"])
    with pytest.raises(ConfigError, match="rows per task is 0"):
        score(small, tiny_bundle, **NAMES, rows_per_task=0)
    with pytest.raises(BundleError, match="no such folder"):
        score(small, tmp_path / "nothing")


def test_a_checkpoint_needs_ids_that_tell_rows_apart(cluster, tiny_bundle, tmp_path):
    import ray

    from scamclf.integrations.ray import score

    state = str(tmp_path / "state")
    twice = ray.data.from_items([{"call_id": call_id, "text": "hi"} for call_id in ("a", "b", "a", "", None)])
    numbers = ray.data.from_items([{"call_id": 1, "text": "hi"}])

    with pytest.raises(DataError, match=r"call_id: 2 of 5 rows have no id of 1 to 1,000 characters, 1 that of another"):
        score(twice, tiny_bundle, checkpoint=state)
    with pytest.raises(ConfigError, match=r"column call_id is int64; a checkpoint needs ids of text"):
        score(numbers, tiny_bundle, checkpoint=state)


def test_a_checkpoint_is_of_one_job_and_of_no_other_pipeline(small, tiny_bundle, tmp_path):
    from scamclf.integrations.ray import score

    state = str(tmp_path / "state")
    score(small, tiny_bundle, **NAMES, checkpoint=state)

    assert small.context.checkpoint_config is None
    with pytest.raises(JobError, match=r"scores of another job \(operating_point was None, now 'fpr_0.1pct'\)"):
        score(small, tiny_bundle, **NAMES, operating_point="fpr_0.1pct", checkpoint=state)


def test_whoever_dies_every_row_is_there_once(cluster, many_calls, tiny_bundle, many_expected, tmp_path):
    out = tmp_path / "out"
    raylet = cluster.head_node.all_processes["raylet"][0].process.pid

    def parts() -> int:
        return sum(".pending" not in path.name for path in (tmp_path / "out-checkpoint/ids").glob("*.parquet"))

    with running("ray_program.py", cluster.address, many_calls, tiny_bundle, out) as program:
        wait_until(parts, program)
        kill_one(raylet, "ScamScorer")
        before = parts()
        wait_until(lambda: parts() > before, program)
        program.kill()
    kept = parts()
    assert before < kept < 60

    with running("ray_program.py", cluster.address, many_calls, tiny_bundle, out) as program:
        wait_until(lambda: parts() > kept, program)
        kill_one(raylet, "ScamScorer")
        assert program.wait(PATIENCE_S) == 0
    assert_same(rows_of(out), many_expected)

    with running("ray_program.py", cluster.address, many_calls, tiny_bundle, out) as program:
        assert program.wait(PATIENCE_S) == 0
    assert_same(rows_of(out), many_expected)
