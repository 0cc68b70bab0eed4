import { Link } from "wouter";
import icon from "../icon.svg";
import { useText } from "../text/text";

export function Brand() {
  const text = useText();
  return (
    <Link href="/" className="brand">
      <img src={icon} alt="" />
      {text.product}
    </Link>
  );
}
