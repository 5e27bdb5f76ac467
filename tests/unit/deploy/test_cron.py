"""Schedules as people write them, and as robfig/cron reads them."""

import pytest

from graduate.errors import UsageError
from graduate.pipeline.deploy.cron import checked


@pytest.mark.parametrize(
    ("given", "kubeflow"),
    [
        ("0 9 * * 1-5", "0 0 9 * * 1-5"),
        ("*/15 * * * *", "0 */15 * * * *"),
        ("  0  6 1,15 jan-MAR  ? ", "0 0 6 1,15 jan-MAR ?"),
        ("30 0 9 ? * MON", "30 0 9 ? * MON"),
        ("0 0 1-31/2 * *", "0 0 0 1-31/2 * *"),
        ("@daily", "@daily"),
        ("@every 1h30m", "@every 1h30m"),
    ],
)
def test_five_fields_get_a_second_and_the_rest_stays(given, kubeflow):
    assert checked(given) == kubeflow


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("", "has 0 fields instead of five"),
        ("0 9 * *", "has 4 fields"),
        ("0 0 9 * * 1 2026", "has 7 fields"),
        ("60 * * * *", "60 is no minute: 0 to 59"),
        ("0 24 * * *", "24 is no hour"),
        ("0 0 0 * *", "0 is no day of the month"),
        ("0 0 1 13 *", "13 is no month"),
        ("0 0 * * 7", "7 is no day of the week: 0 to 6; Sunday is 0"),
        ("0 0 * * FRI-MON", "ends before it begins"),
        ("*/0 * * * *", "is no step of the minute"),
        ("1,,2 * * * *", "nothing is no minute"),
        ("² * * * *", "is no minute"),
        ("@fortnightly", "there is no such word"),
        ("@every soon", "there is no such word"),
    ],
)
def test_what_is_wrong_is_named(given, said):
    with pytest.raises(UsageError, match=None) as raised:
        checked(given)
    assert said in raised.value.message
    assert raised.value.hint
