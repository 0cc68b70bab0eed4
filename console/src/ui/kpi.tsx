import { memo, useState, type ReactNode } from "react";
import { Tooltip, TooltipTrigger } from "react-aria-components/Tooltip";
import { Button as AriaButton } from "react-aria-components/Button";
import { useText } from "../text/text";

interface KpiProps {
  readonly label: string;
  readonly value: ReactNode;
  readonly unit?: string;
  /** What is counted, of what, over which time: shown on focus and hover. */
  readonly definition: string;
  readonly children?: ReactNode;
}

/** One figure. */
export function Kpi({ label, value, unit, definition, children }: KpiProps) {
  return (
    <div className="kpi">
      <div className="kpi-label">
        <span>{label}</span>
        <Definition label={label} definition={definition} />
      </div>
      <div className="kpi-value">
        {value}
        {unit !== undefined && <span className="kpi-unit"> {unit}</span>}
      </div>
      {children}
    </div>
  );
}

/** A small i that tells what a figure means, on hover, focus and touch. */
export const Definition = memo(function Definition({ label, definition }: { readonly label: string; readonly definition: string }) {
  const text = useText();
  const [open, setOpen] = useState(false);
  return (
    <TooltipTrigger delay={200} isOpen={open} onOpenChange={setOpen}>
      <AriaButton className="info-button" aria-label={text.kpi.about(label)} onPress={() => setOpen(true)}>
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <circle cx="8" cy="8" r="6.6" fill="none" stroke="currentColor" strokeWidth="1.4" />
          <path d="M8 7.2v4.2M8 4.6v.1" stroke="currentColor" strokeWidth="1.7" strokeLinecap="round" />
        </svg>
      </AriaButton>
      <Tooltip className="tooltip" offset={6}>
        {definition}
      </Tooltip>
    </TooltipTrigger>
  );
});
