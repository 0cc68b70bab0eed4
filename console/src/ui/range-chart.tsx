import "./range-chart.css";

export interface Range {
  readonly x: number;
  /** Null: beyond the chart. */
  readonly low: number | null;
  readonly likely: number | null;
  readonly high: number | null;
  /** The same in words. */
  readonly text: string;
}

interface RangeChartProps {
  readonly title: string;
  readonly ranges: readonly Range[];
  readonly show: (value: number) => string;
  /** What the values along the bottom are. */
  readonly along: string;
  /** The upper end of the scale; without it the largest value decides. */
  readonly top?: number;
}

const WIDTH = 560;
const HEIGHT = 220;
const LEFT = 56;
const RIGHT = 16;
const TOP = 12;
const BOTTOM = 38;
const MARKS = 4;

/** What is likely over a whole number, with the bounds around it: a dot on a line for each. Those that cannot see it hear each. */
export function RangeChart({ title, ranges, show, along, top }: RangeChartProps) {
  const known = ranges.flatMap((range) => [range.low, range.likely, range.high]).filter((value) => value !== null);
  const most = top ?? MARKS * roundUp(Math.max(1e-9, ...known) / MARKS);
  const least = Math.min(...ranges.map((range) => range.x));
  const span = Math.max(...ranges.map((range) => range.x)) - least;
  const across = (x: number) => LEFT + 20 + (span === 0 ? 0.5 : (x - least) / span) * (WIDTH - LEFT - RIGHT - 40);
  const up = (value: number | null) => HEIGHT - BOTTOM - (Math.min(value ?? most, most) / most) * (HEIGHT - TOP - BOTTOM);
  const path = ranges.flatMap((range) => (range.likely === null ? [] : [`${across(range.x)},${up(range.likely)}`])).join(" ");
  return (
    <figure className="range-chart">
      <figcaption className="visually-hidden">
        {title}. {ranges.map((range) => range.text).join(". ")}
      </figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true">
        {Array.from({ length: MARKS + 1 }, (_, mark) => (mark / MARKS) * most).map((value) => (
          <g key={value}>
            <line className="range-grid" x1={LEFT} x2={WIDTH - RIGHT} y1={up(value)} y2={up(value)} />
            <text className="range-mark" x={LEFT - 8} y={up(value) + 4} textAnchor="end">
              {show(value)}
            </text>
          </g>
        ))}
        <polyline className="range-path" points={path} />
        {ranges.map((range) => (
          <g key={range.x}>
            {range.low !== null && (
              <line className="range-line" x1={across(range.x)} x2={across(range.x)} y1={up(range.low)} y2={up(range.high)} />
            )}
            {range.likely !== null && <circle className="range-dot" cx={across(range.x)} cy={up(range.likely)} r={4.5} />}
            <text className="range-mark" x={across(range.x)} y={HEIGHT - BOTTOM + 16} textAnchor="middle">
              {range.x}
            </text>
          </g>
        ))}
        <text className="range-mark" x={(LEFT + WIDTH - RIGHT) / 2} y={HEIGHT - 4} textAnchor="middle">
          {along}
        </text>
      </svg>
    </figure>
  );
}

/** The next of 1, 2, 2.5 and 5 times a power of ten. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * ([1, 2, 2.5, 5].find((step) => value <= step * power) ?? 10);
}
