"""What can be said of a life and of what was learned from it: pure numpy, which knows no networks."""
