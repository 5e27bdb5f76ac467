from __future__ import annotations

import pytest

from tests.unit.simulate.specs import Simulator


@pytest.fixture
def simulate(tmp_path) -> Simulator:
    return Simulator(tmp_path)
