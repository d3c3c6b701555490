from worldmodel.cli import main
from worldmodel.memory import open_experience


def test_export_and_import(counter_run, tmp_path, capsys):
    assert main(["export", str(counter_run), str(tmp_path / "life.npz")]) == 0
    assert "rows" in capsys.readouterr().out
    assert main(["import", str(tmp_path / "life.npz"), str(tmp_path / "run")]) == 0
    said = capsys.readouterr().out
    assert f"--data.experience {tmp_path / 'run'}" in said
    assert len(open_experience(tmp_path / "run")) > 200


def test_mistakes_have_their_exit_code(tmp_path, capsys):
    assert main(["import", str(tmp_path / "none.npz"), str(tmp_path / "run")]) == 3
    assert main(["export", str(tmp_path), str(tmp_path / "life.npz")]) == 3
    assert capsys.readouterr().err.count("error:") == 2
