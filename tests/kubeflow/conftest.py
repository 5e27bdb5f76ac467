"""Kubeflow's own code, once for all tests here."""

import pytest

from tests.kubeflow import kubeflow_code


@pytest.fixture(scope="session")
def kubeflow() -> kubeflow_code.Kubeflow:
    """What Kubeflow's code says; skipped where it cannot be built."""
    return kubeflow_code.Kubeflow(kubeflow_code.built())
