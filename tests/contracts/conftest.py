"""Every back end that the contract tests of the carrier port are asked of."""

from collections.abc import Iterator

import pytest

from tests.contracts.asterisk import AsteriskNetwork, asterisk_network
from tests.contracts.simulated import SimulatedNetwork
from tests.contracts.sip import SipNetwork, sip_network
from tests.contracts.stage import Network
from tests.telephony.sipp import needs_sipp


@pytest.fixture(params=["simulated", pytest.param("sip", marks=needs_sipp), "asterisk"])
def network(request: pytest.FixtureRequest) -> Network:
    """One back end after the other, with its far side. A new one is a fixture `<name>_network`, and its name here."""
    found: Network = request.getfixturevalue(f"{request.param}_network")
    return found


@pytest.fixture
def simulated_network() -> Network:
    return SimulatedNetwork()


@pytest.fixture(scope="module", name="sip_network")
def _sip_network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SipNetwork]:
    with sip_network(tmp_path_factory.mktemp("sipp")) as made:
        yield made


@pytest.fixture(scope="module", name="asterisk_network")
def _asterisk_network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AsteriskNetwork]:
    with asterisk_network(tmp_path_factory.mktemp("asterisk")) as made:
        yield made
