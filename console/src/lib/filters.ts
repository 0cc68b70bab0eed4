/** A view's filters live in its address, so that it can be shared, bookmarked and gone back to. */

import { useCallback, useMemo } from "react";
import { useSearchParams } from "wouter";

export type Filters = Readonly<Record<string, string>>;

/** The filters of the address, with defaults for those that it lacks.
 *
 * @param defaults a constant: its identity must not change between renders
 */
export function useFilters<F extends Filters>(defaults: F): readonly [F, (changed: Partial<F>) => void] {
  const [search, setSearch] = useSearchParams();
  const filters = useMemo(
    () => Object.fromEntries(Object.entries(defaults).map(([name, unset]) => [name, search.get(name) ?? unset])) as F,
    [defaults, search],
  );
  const change = useCallback(
    (changed: Partial<F>) => {
      setSearch(
        (before) => {
          const after = new URLSearchParams(before);
          for (const [name, value] of Object.entries<string | undefined>(changed)) {
            if (value === undefined || value === defaults[name]) after.delete(name);
            else after.set(name, value);
          }
          return after;
        },
        { replace: true },
      );
    },
    [defaults, setSearch],
  );
  return [filters, change];
}
