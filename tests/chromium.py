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


@pytest.fixture
def opened(browser):
    """Opens files that are complete in themselves; fails where their script did or they asked for anything else."""
    complaints, tabs = [], []

    def show(path, **options):
        tabs.append(tab := browser.new_page(**options))
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.on("request", lambda asked: asked.url.startswith(("file:", "data:")) or complaints.append(asked.url))
        tab.goto(path.as_uri())
        tab.wait_for_selector("body[data-ready]")
        return tab

    yield show
    for tab in tabs:
        tab.close()
    assert complaints == []
