"""Every back end that the contract tests of the carrier port are asked of."""

import pytest

from tests.contracts.simulated import SimulatedNetwork
from tests.contracts.stage import Network


@pytest.fixture(params=["simulated"])
def network(request: pytest.FixtureRequest) -> Network:
    """One back end after the other, with its far side. A new one is a fixture `<name>_network`, and its name here."""
    found: Network = request.getfixturevalue(f"{request.param}_network")
    return found


@pytest.fixture
def simulated_network() -> Network:
    return SimulatedNetwork()
