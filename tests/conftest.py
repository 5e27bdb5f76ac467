"""What holds for all tests."""

import signal

import pytest

# A shell that starts the suite in the background has it ignore Ctrl-C, and every process that a test interrupts too.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with whole runs go first: one of minutes, begun last, keeps one process busy and lets the others wait."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)
