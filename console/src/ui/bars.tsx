import { useFormat } from "../text/text";
import { Meter } from "./meter";

export interface Bar {
  readonly id: string;
  readonly label: string;
  readonly value: number;
}

/** Counts, the largest first, as bars with their numbers and shares. */
export function Bars({ bars }: { readonly bars: readonly Bar[] }) {
  const format = useFormat();
  const total = bars.reduce((sum, bar) => sum + bar.value, 0);
  const most = Math.max(1, ...bars.map((bar) => bar.value));
  return (
    <table className="bars">
      <tbody>
        {bars
          .toSorted((one, other) => other.value - one.value)
          .map((bar) => (
            <tr key={bar.id}>
              <th scope="row">{bar.label}</th>
              <td className="bars-meter">
                <Meter label={bar.label} value={bar.value / most} text={format.number(bar.value)} />
              </td>
              <td className="number">{format.number(bar.value)}</td>
              <td className="number soft">{total === 0 ? "" : format.percent(bar.value / total, 0)}</td>
            </tr>
          ))}
      </tbody>
    </table>
  );
}
