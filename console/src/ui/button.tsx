import type { ReactNode } from "react";
import { Button as AriaButton } from "react-aria-components/Button";
import { Link } from "wouter";

type Look = "plain" | "primary" | "danger" | "quiet";

interface Common {
  readonly look?: Look;
  readonly small?: boolean;
  readonly children: ReactNode;
}

interface ButtonProps extends Common {
  readonly onPress?: () => void;
  readonly type?: "button" | "submit";
  readonly isDisabled?: boolean;
  /** Something is on its way: the button stays focusable and says so. */
  readonly isPending?: boolean;
  readonly autoFocus?: boolean;
  readonly "aria-label"?: string;
  readonly "aria-expanded"?: boolean;
  readonly "aria-controls"?: string;
  readonly className?: string;
}

function classes({ look = "plain", small = false }: Common, more = ""): string {
  return `button${look === "plain" ? "" : ` button-${look}`}${small ? " button-small" : ""}${more && ` ${more}`}`;
}

export function Button(props: ButtonProps) {
  const { look, small, className, children, ...rest } = props;
  return (
    <AriaButton {...rest} className={classes({ ...(look && { look }), ...(small && { small }), children }, className)}>
      {children}
    </AriaButton>
  );
}

/** A link that looks like a button: it goes somewhere. */
export function ButtonLink({ href, ...common }: Common & { readonly href: string }) {
  return (
    <Link href={href} className={classes(common)}>
      {common.children}
    </Link>
  );
}
