import io
import types

from rich.console import Console

from worldmodel.running.progress import ShowProgress


def shown(steps=lambda: 1234, score=lambda: 7.25):
    text = io.StringIO()
    progress = ShowProgress(Console(file=text, width=200), 100, steps, score)
    module = types.SimpleNamespace(trainer=types.SimpleNamespace(global_step=20))
    progress.on_train_start(None, module)
    progress.began -= 10
    progress.last_line -= 100
    return progress, module, text


def test_a_line_says_steps_speed_return_and_time_left():
    progress, module, text = shown()
    module.trainer.global_step = 40
    progress.on_train_batch_end(None, module)
    line = text.getvalue()
    assert "1,234 environment steps, 40/100 gradient steps (2.0/s), return 7.2" in line and "30 s left" in line


def test_lines_come_now_and_then_only():
    progress, module, text = shown()
    for _ in range(5):
        progress.on_train_batch_end(None, module)
    assert text.getvalue().count("left") == 1


def test_without_worlds_and_games_neither_is_named():
    progress, _, _ = shown(steps=None, score=lambda: None)
    assert progress.text(20).startswith("20/100 gradient steps")


def test_a_terminal_shows_a_bar_that_is_taken_away():
    text = io.StringIO()
    progress = ShowProgress(Console(file=text, force_terminal=True, width=160), 100, None, lambda: None)
    module = types.SimpleNamespace(trainer=types.SimpleNamespace(global_step=0))
    progress.on_train_start(None, module)
    module.trainer.global_step = 50
    progress.on_train_batch_end(None, module)
    assert progress.bar is not None and progress.bar.tasks[0].completed == 50
    progress.on_exception()
    assert progress.bar is None
