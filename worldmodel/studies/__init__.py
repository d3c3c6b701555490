"""Whole undertakings made of the other rooms: a training, an evaluation, a film, an inspection, a benchmark."""
