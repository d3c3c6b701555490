from __future__ import annotations

import pytest
from configuration_example import Settings

from worldmodel.configuration import read_settings
from worldmodel.configuration.schema import schema


def test_help_lists_every_setting(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("TERM", "dumb")
    with pytest.raises(SystemExit) as end:
        read_settings(Settings, ["--nonsense", "--help"])
    assert end.value.code == 0
    text = capsys.readouterr().out
    for key, setting in schema(Settings).items():
        # of a group that may be null jsonargparse lists the group only
        if setting.group is None and not key.startswith("extra."):
            assert f"--{key}" in text
    assert "Channels of the first layer. (type: int, default: 16)" in text
    assert "Which encoder, 100 % of the time." in text
    assert "Step size of the optimizer. (type: float, default: 0.0001)" in text
    assert "names+" not in text and "\x1b" not in text
