"""The command line: composition only."""

from worldmodel.cli.commands import main, train

__all__ = ["main", "train"]
