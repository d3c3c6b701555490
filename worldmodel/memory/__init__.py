"""The recorded life: the buffer that keeps it, its files on disk, and the orders in which it is replayed."""

from worldmodel.memory.buffer import ReplayBuffer, open_experience
from worldmodel.memory.data import DataSettings, ReplayData, load_buffer, make_buffer, memory_in_words
from worldmodel.memory.movies import sample_movies
from worldmodel.memory.orders import Lesson, Order, Recent, Uniform

__all__ = [
    "DataSettings",
    "Lesson",
    "Order",
    "Recent",
    "ReplayBuffer",
    "ReplayData",
    "Uniform",
    "load_buffer",
    "make_buffer",
    "memory_in_words",
    "open_experience",
    "sample_movies",
]
