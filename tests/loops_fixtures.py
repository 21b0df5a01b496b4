"""What tests of the loops in C share, as a plugin: they also run without conftest, watched by the sanitizers."""

from typing import Any

import pytest
from receive import loops_for

from signaling.transport.dtls import Certificate


@pytest.fixture(scope="session")
def loops(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The loops as they are now, whatever was compiled before."""
    return loops_for(tmp_path_factory)


@pytest.fixture(scope="session")
def certificate() -> Certificate:
    """One for all ports: it says nothing about them."""
    return Certificate()
