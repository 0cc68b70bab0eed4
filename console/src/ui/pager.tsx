import { useFormat, useText } from "../text/text";
import { Button } from "./button";

interface PagerProps {
  readonly page: number;
  readonly perPage: number;
  readonly total: number;
  readonly onPage: (page: number) => void;
}

export function Pager({ page, perPage, total, onPage }: PagerProps) {
  const text = useText();
  const format = useFormat();
  const pages = Math.max(1, Math.ceil(total / perPage));
  if (pages === 1) return null;
  const from = (page - 1) * perPage + 1;
  return (
    <nav className="pager" aria-label={text.page.rows}>
      <span>{text.page.of(from, Math.min(total, from + perPage - 1), format.number(total))}</span>
      <Button small isDisabled={page <= 1} onPress={() => onPage(page - 1)}>
        {text.actions.previous}
      </Button>
      <Button small isDisabled={page >= pages} onPress={() => onPage(page + 1)}>
        {text.actions.nextPage}
      </Button>
    </nav>
  );
}
