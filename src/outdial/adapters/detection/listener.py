"""The detector as the media engine asks for it: by name, with settings, telling what it heard as plain values."""

from collections.abc import Mapping
from typing import Any

from outdial.adapters.detection.detector import Detector, NotInService
from outdial.domain.machine_detection import Judgement, Rules


class MachineListener:
    """Implements `outdial.adapters.media.engine.Listener`.

    Settings: `rules` are those of `domain.machine_detection`, by name, the usual ones where left out; with
    `early` it hears what comes before an answer, where nobody is judged and
    only a number that is not in service is told.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._detector = Detector(Rules(**settings.get("rules", {})))
        self._early = bool(settings.get("early"))

    def hear(self, frame: bytes) -> Mapping[str, Any] | None:
        for heard in self._detector.hear(frame):
            match heard:
                case Judgement(verdict, cause, after_ms) if not self._early:
                    return {"done": True, "verdict": verdict.value, "cause": cause.value, "after_ms": after_ms}
                case NotInService() if self._early:
                    return {"done": True, "not_in_service": True}
        return None
