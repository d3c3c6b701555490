"""The Q-network, the returns it learns, and the agent that joins it to the world model."""

from worldmodel.learning.agent import ActingState, Agent
from worldmodel.learning.settings import AgentSettings

__all__ = ["ActingState", "Agent", "AgentSettings"]
