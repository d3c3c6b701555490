"""A life that goes out and comes in again is the same life, and can be learned from."""

import pytest
from some_life import same
from tiny_runs import counter_session

from worldmodel.errors import FileError
from worldmodel.memory import open_experience
from worldmodel.memory.whole_episodes import whole_episodes
from worldmodel.studies.exchange import export_life, import_life


@pytest.mark.parametrize("name", ["life.npz", "life"])
def test_there_and_back(name, returning_run, tmp_path):
    if name == "life":
        pytest.importorskip("minari")
    before = open_experience(returning_run)
    whole = list(whole_episodes(before))
    assert export_life(returning_run, tmp_path / name) == sum(len(each.action) for each in whole)
    import_life(tmp_path / name, tmp_path / "run")
    after = open_experience(tmp_path / "run")
    assert after.spec == before.spec and same(list(whole_episodes(after)), whole)
    offline = {"agent": {"acting": False}, "trainer": {"max_gradient_steps": 2}}
    counter_session(tmp_path / "learner", **offline, data={"experience": str(tmp_path / "run")}).go()


def test_nothing_to_take_out(tmp_path):
    with pytest.raises(FileError, match="is this the folder of a run"):
        export_life(tmp_path, tmp_path / "x.npz")
