"""An agent that learns from what it lived and from what it imagines."""

__version__ = "0.1.0"
