import pytest

from worldmodel.environments.replay_story import ReplayStory
from worldmodel.environments.story_settings import StorySettings
from worldmodel.errors import ConfigurationError


def test_defaults_are_one_training_day_of_study_2():
    settings = StorySettings()
    assert (settings.day, settings.study, settings.rule, settings.sets) == ("training", 2, "true", 512)
    assert (settings.walks, settings.repeats, settings.cues, settings.noise) == (1, 1, 1, 0.1)
    assert (settings.sequences, settings.length, settings.image) == (2, 4, False)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"subjekt": 1}, "environment.kwargs: subjekt: no such setting; did you mean subject?"),
        ({"subject": "one"}, "environment.kwargs: subject: must be a whole number, not 'one'"),
        ({"subject": -1}, "environment.kwargs: subject: must be at least 0, not -1"),
        ({"day": "tuesday"}, "environment.kwargs: day: must be one of training, test, not 'tuesday'"),
        ({"study": 3}, "environment.kwargs: study: must be one of 1, 2, not 3"),
        ({"rule": "none"}, "environment.kwargs: rule: must be one of true, shuffled, not 'none'"),
        ({"noise": 1.5}, "environment.kwargs: noise: must be at most 1, not 1.5"),
        ({"walks": -1}, "environment.kwargs: walks: must be at least 0, not -1"),
        ({"sequences": 3}, "environment.kwargs: sequences: must be at most 2, not 3"),
        ({"length": 6}, "environment.kwargs: length: must be at most 5, not 6"),
        ({"image": 1}, "environment.kwargs: image: must be true or false, not 1"),
    ],
)
def test_what_is_impossible_is_said_in_one_line(given, message):
    with pytest.raises(ConfigurationError) as caught:
        ReplayStory(**given)
    assert str(caught.value) == message


def test_every_mistake_is_named_at_once():
    with pytest.raises(ConfigurationError) as caught:
        ReplayStory(noise=2, cues=-1)
    assert len(str(caught.value).splitlines()) == 2
