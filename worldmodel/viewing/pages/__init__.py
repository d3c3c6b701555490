"""Pages that open anywhere: one file each, with pictures, style and script inside, and no network."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from worldmodel.errors import StorageError


def fill(template: str, **content: Any) -> str:
    """Fills `template` with `content`.

    Whatever text comes from a run is escaped: in the page by autoescaping, in the script as JSON.
    """
    environment = Environment(
        loader=PackageLoader("worldmodel.viewing", "pages"), autoescape=True, undefined=StrictUndefined
    )
    environment.policies["json.dumps_kwargs"] = {"sort_keys": False}
    return environment.get_template(template).render(**content)


def write_html(template: str, path: Path, **content: Any) -> Path:
    """Fills `template` with `content` and writes it at `path`; StorageError where that fails."""
    text = fill(template, **content)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StorageError(f"{path}: cannot be written: {error.strerror}; choose another folder") from error
    return path


def inline(kind: str, content: bytes) -> str:
    """The address of a picture of a `kind`, such as "png", that lies inside the page."""
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
