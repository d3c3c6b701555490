"""The world model: what is seen, what is remembered, what comes next."""

from worldmodel.model.settings import WorldModelSettings
from worldmodel.model.world_model import WorldModel

__all__ = ["WorldModel", "WorldModelSettings"]
