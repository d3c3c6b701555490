"""What `--help` prints: every setting with its documentation, type and default."""

from __future__ import annotations


def print_help(root: type) -> None:
    """Print the settings of a dataclass, documented by the docstrings under its fields."""
    # here, because only --help needs it and it is slow to import
    from jsonargparse import ArgumentParser, set_parsing_settings

    set_parsing_settings(docstring_parse_attribute_docstrings=True)
    parser = ArgumentParser(print_config=None)
    parser.add_argument("--config", metavar="FILE", help="YAML file; repeatable, later ones overlay earlier")
    parser.add_argument("--print_config", action="store_true", help="print all settings as YAML and exit")
    parser.add_class_arguments(root)
    for action in parser._actions:
        # jsonargparse offers `--list+ value`, which appends; here a list is always given whole
        action.option_strings = [flag for flag in action.option_strings if not flag.endswith("+")]
    parser.print_help()
