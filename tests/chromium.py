"""A real browser for tests of pages; where there is none, or nothing to steer it with, they are skipped by name."""

import shutil

import pytest

PATH = shutil.which("chromium") or shutil.which("google-chrome")
needed = pytest.mark.skipif(PATH is None, reason="chromium is not installed")
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as engine:
        started = engine.chromium.launch(executable_path=PATH, args=list(QUIET))
        yield started
        started.close()
