import { useEffect, useRef, type ReactNode } from "react";
import { useText } from "../text/text";
import { LinkPill } from "./link-pill";

interface PageHeadProps {
  readonly title: string;
  /** Beside the title: pills. */
  readonly state?: ReactNode;
  /** Below the title: the reason line. */
  readonly reason?: ReactNode;
  readonly actions?: ReactNode;
  /** False on pages that show nothing live. */
  readonly live?: boolean;
}

/** The browser begins a visit at the top by itself. */
let atFirstPage = true;

/** The page's title, also that of the tab; takes the focus when one comes to the page, so that it is read aloud. */
export function PageHead({ title, state, reason, actions, live = true }: PageHeadProps) {
  const { product } = useText();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · ${product}`;
  }, [title, product]);
  useEffect(() => {
    if (!atFirstPage) heading.current?.focus({ preventScroll: true });
    atFirstPage = false;
  }, []);
  return (
    <header className="page-head">
      <div className="stack-tight">
        <div className="page-head-title">
          <h1 tabIndex={-1} ref={heading}>
            {title}
          </h1>
          {state}
        </div>
        {reason}
      </div>
      <div className="page-head-actions">
        {live && <LinkPill />}
        {actions}
      </div>
    </header>
  );
}
