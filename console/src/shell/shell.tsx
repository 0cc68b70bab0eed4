import { useState, type ReactNode } from "react";
import { Link, useLocation } from "wouter";
import { useCan } from "../session/session";
import { useText } from "../text/text";
import { Button } from "../ui/button";
import { StaleBanner } from "../ui/link-pill";
import { AccountMenu } from "./account-menu";
import { Brand } from "./brand";
import { Commands } from "./commands";
import { PLACES } from "./navigation";

/** The frame of the supervisors' pages. */
export function Shell({ children }: { readonly children: ReactNode }) {
  const text = useText();
  const can = useCan();
  const [path] = useLocation();
  const [open, setOpen] = useState(false);
  return (
    <div className="shell">
      <a className="skip-link" href="#content" onClick={focusContent}>
        {text.nav.skip}
      </a>
      <header className="side" data-open={open ? "" : undefined}>
        <Brand />
        <Button className="menu-button" small aria-expanded={open} aria-controls="main-nav" onPress={() => setOpen(!open)}>
          {text.nav.menu}
        </Button>
        <nav aria-label={text.nav.label} id="main-nav">
          <ul>
            {PLACES.filter((place) => can(place.needs)).map((place) => (
              <li key={place.href}>
                <Link
                  href={place.href}
                  className="side-link"
                  aria-current={path === place.href ? "page" : path.startsWith(`${place.href}/`) ? "true" : undefined}
                  onClick={() => setOpen(false)}
                >
                  {place.label(text)}
                </Link>
              </li>
            ))}
          </ul>
        </nav>
        <div className="side-foot">
          <AccountMenu />
          <Commands />
        </div>
      </header>
      <div>
        <StaleBanner />
        <main className="main" id="content" tabIndex={-1}>
          <div className="main-inner">{children}</div>
        </main>
      </div>
    </div>
  );
}

/** An anchor alone would follow the page's <base>. */
function focusContent(event: { preventDefault: () => void }): void {
  event.preventDefault();
  document.getElementById("content")?.focus();
}
