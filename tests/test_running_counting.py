from tiny_runs import counter_session

from worldmodel.running.metrics_file import read_metrics


def test_every_row_says_where_the_run_is(counter_run):
    rows = [row for row in read_metrics(counter_run / "metrics.jsonl") if "q/movie_loss" in row]
    assert [row["gradient_step"] for row in rows] == [10, 20, 30, 40, 50, 60]
    # 80 steps of prefill, then two for each gradient step
    assert [row["environment_step"] for row in rows] == [100, 120, 140, 160, 180, 200]
    assert all(row["speed/gradient_steps_per_second"] > 0 for row in rows)
    assert all(row["acting/return"] == 10 for row in rows)


def test_counters_stay_exact_beyond_what_float32_can_count(tmp_path):
    session = counter_session(tmp_path / "run")
    session.data.buffer.environment_steps = 2**24 + 1 - 80
    session.acting.schedule = type("Far", (), {"environment_steps_due": lambda self, _: 2**24 + 1})()
    session.acting.max_steps = 2**25
    session.acting.generator.bit_generator.state = session.acting.generator.bit_generator.state
    session.go()
    rows = [row for row in read_metrics(session.run.metrics) if "q/movie_loss" in row]
    assert {row["environment_step"] for row in rows} == {2**24 + 1}
