"""Servers over the story and over a hostile store."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.lineage import story as telling
from tests.lineage.ui import hostile
from tests.lineage.ui.serving import Client, served


@pytest.fixture(scope="session")
def client(story: telling.Story) -> Iterator[Client]:
    with served(story.store) as found:
        yield found


@pytest.fixture(scope="session")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with served(hostile.write(tmp_path_factory.mktemp("hostile"))) as found:
        yield found
