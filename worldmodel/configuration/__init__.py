"""Settings read from YAML files and the command line, every mistake named at once, and written back."""

from worldmodel.configuration.reading import read_settings, settings_from_dict
from worldmodel.configuration.writing import differences, settings_to_dict, write_settings

__all__ = ["differences", "read_settings", "settings_from_dict", "settings_to_dict", "write_settings"]
