"""What people look at: films of dreams, and the callback that makes them during a run."""
