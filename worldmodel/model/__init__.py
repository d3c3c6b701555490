"""The world model: what is seen, what is remembered, what comes next."""

from worldmodel.model.world_model import WorldModel, WorldModelSettings

__all__ = ["WorldModel", "WorldModelSettings"]
