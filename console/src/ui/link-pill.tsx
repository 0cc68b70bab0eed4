import { useLink, useServerNow } from "../stream/provider";
import type { Phase } from "../stream/link";
import { useFormat, useText } from "../text/text";
import type { Shape } from "./glyph";
import { Pill, type Tone } from "./pill";

const LOOKS: Record<Phase, readonly [Tone, Shape]> = {
  connecting: ["neutral", "ring"],
  live: ["good", "circle"],
  stale: ["warn", "clock"],
  offline: ["bad", "cross"],
  polling: ["warn", "half"],
};

/** How true the page is: says Live only after a streamed message, with the server's time of the figures. */
export function LinkPill() {
  const { phase } = useLink();
  const now = useServerNow();
  const text = useText();
  const format = useFormat();
  const at = now === null ? null : format.clock(now);
  const [tone, shape] = LOOKS[phase];
  return (
    <span className="link-pill" data-phase={phase} title={text.link.label(text.link[phase], at)}>
      <Pill tone={tone} shape={shape}>
        {text.link[phase]}
        {at !== null && ` ${at}`}
      </Pill>
    </span>
  );
}

/** Says so, once, when the figures are no longer of this moment. */
export function StaleBanner() {
  const { phase } = useLink();
  const now = useServerNow();
  const text = useText();
  const format = useFormat();
  const at = now === null ? null : format.clock(now);
  const words = {
    connecting: null,
    live: null,
    stale: text.link.staleBanner(5, at ?? ""),
    offline: `${text.link.offlineBanner(at)} ${text.link.offlineActions}`,
    polling: text.link.pollingBanner,
  }[phase];
  return (
    <div role="status">
      {words !== null && <p className={`banner tone-${phase === "offline" ? "bad" : "warn"}`}>{words}</p>}
    </div>
  );
}
