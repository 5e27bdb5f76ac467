from __future__ import annotations

import pytest

from tests.kubeflow.conftest import kubeflow
from tests.unit.simulate.specs import Simulator

__all__ = ["kubeflow", "simulate"]


@pytest.fixture
def simulate(tmp_path) -> Simulator:
    return Simulator(tmp_path)
