"""A run from its settings to its end: acting, evaluation, checkpoints, signals, and the records it leaves."""
