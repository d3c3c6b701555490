import pytest

from worldmodel.configuration import settings_from_dict
from worldmodel.errors import ConfigurationError
from worldmodel.running.settings import Settings


@pytest.mark.parametrize(
    ("groups", "said"),
    [
        ({"trainer": {"devices": 2}}, "trainer.devices must be 1"),
        ({"trainer": {"awake_steps": 5}}, "go together"),
        ({"trainer": {"prefill": 5000, "max_steps": 4000}}, "must not exceed"),
        ({"data": {"experience": "runs/x"}}, "set agent.acting to false"),
        ({"agent": {"acting": False}}, "data.experience must name a run"),
        ({"agent": {"acting": False}, "data": {"experience": "runs/x"}}, "max_gradient_steps must be given"),
        ({"trainer": {"learner": "world_model"}}, "data.experience must name a run"),
        ({"world_model": {"bins": 100}}, "must be odd"),
        ({"data": {"capacity": 100}}, "must hold one chunk"),
        ({"data": {"order": "prioritised"}, "agent": {"imagination_share": 1.0}}, "data.order cannot be prioritised"),
        ({"data": {"order": "prioritised"}, "trainer": {"learner": "world_model"}}, "or choose curious"),
        ({"agent": {"world_model_rate": 0.1, "movie_gradient": 0.5}}, "agent.movie_gradient must be 0"),
        ({"trainer": {"prefill": 10}}, "the first batch cannot be filled"),
    ],
)
def test_contradictions_are_named(groups, said):
    with pytest.raises(ConfigurationError, match=said):
        settings_from_dict(Settings, groups)


def test_who_acts():
    recorded = {"data": {"experience": "runs/x"}, "trainer": {"max_gradient_steps": 5}}
    assert settings_from_dict(Settings, {}).acts
    assert not settings_from_dict(Settings, {**recorded, "agent": {"acting": False}}).acts
    alone = {**recorded, "trainer": {"max_gradient_steps": 5, "learner": "world_model"}}
    assert not settings_from_dict(Settings, alone).acts


def test_everything_wrong_is_said_at_once():
    with pytest.raises(ConfigurationError) as caught:
        settings_from_dict(Settings, {"agent": {"imagination_share": 1.3, "horizon": 0}, "trainer": {"sed": 1}})
    assert len(str(caught.value).splitlines()) == 3
