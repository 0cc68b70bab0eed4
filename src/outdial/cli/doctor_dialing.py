"""What `outdial doctor` reads of the database about dialing: trunks at work, and safety messages that are asked for."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from outdial import bootstrap
from outdial.cli.findings import Finding, Level
from outdial.domain.errors import OutdialError
from outdial.domain.trunks import Trunk, TrunkState
from outdial.settings import Settings


def look_at_dialing(answers: bootstrap.DialingAnswers, settings: Settings, now: datetime) -> list[Finding]:
    found = trunks_in_use(answers.trunks, now)
    known = _messages(settings)
    return found if known is None else found + messages_there(answers.messages, known)


def trunks_in_use(trunks: Sequence[Trunk], now: datetime) -> list[Finding]:
    """What the engine at work said of its trunks; one that no engine tells of is only named if it is drained."""
    found = []
    for trunk in trunks:
        check, said = f"dialing over {trunk.name}", trunk.sentence(now)
        match trunk.state(now):
            case TrunkState.TAKES_CALLS:
                found.append(Finding(check, Level.OK, said))
            case TrunkState.DOWN:
                found.append(Finding(check, Level.WARN, said, "see what is said of it, and the log"))
            case TrunkState.UNHEARD if not trunk.drained:
                continue
            case _:
                remedy = f"`outdial trunks resume {trunk.name}` lets it take calls again"
                found.append(Finding(check, Level.WARN, said, remedy))
    return found


def messages_there(asked_for: Mapping[str, int], known: Collection[str]) -> list[Finding]:
    """Whether the safety messages that campaigns name are in the file: else people hear the usual one."""
    if not asked_for:
        return []
    missing = {name: number for name, number in asked_for.items() if name not in known}
    if not missing:
        return [Finding("safety messages", Level.OK, f"{len(asked_for)} that campaigns ask for are in the file")]
    names = ", ".join(f"{name} (campaigns: {number})" for name, number in missing.items())
    remedy = "add it to `messages` of the SIP or Asterisk file, or change `safety_message` of those campaigns"
    return [Finding("safety messages", Level.WARN, f"campaigns ask for what the file has not: {names}", remedy)]


def _messages(settings: Settings) -> Collection[str] | None:
    """The names of the file's messages; None where there is no file, or what is wrong with it is said elsewhere."""
    try:
        if settings.asterisk_file is not None:
            return bootstrap.asterisk_settings(settings.asterisk_file).messages
        if settings.sip_file is not None:
            return bootstrap.sip_settings(settings, settings.sip_file).media.messages
    except OutdialError:
        pass
    return None
