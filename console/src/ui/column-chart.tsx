import "./column-chart.css";

export interface Column {
  readonly id: string;
  readonly label: string;
  readonly whole: number;
  /** Of the whole: drawn in front of it. */
  readonly part: number;
}

interface ColumnChartProps {
  readonly title: string;
  readonly columns: readonly Column[];
  readonly whole: string;
  readonly part: string;
  readonly show: (value: number) => string;
}

const WIDTH = 900;
const HEIGHT = 200;
const LEFT = 52;
const TOP = 10;
const BOTTOM = 24;
const LABELS = 8;
/** Fewer columns leave room at the right. */
const LEAST = 12;

/** Counts side by side, each with a part of it in front. What it shows stands in a table as well. */
export function ColumnChart({ title, columns, whole, part, show }: ColumnChartProps) {
  const most = Math.max(1, ...columns.map((column) => column.whole));
  const wide = (WIDTH - LEFT) / Math.max(LEAST, columns.length);
  const high = (value: number) => (value / most) * (HEIGHT - TOP - BOTTOM);
  const every = Math.max(1, Math.ceil(columns.length / LABELS));
  return (
    <figure className="column-chart">
      <figcaption className="chart-keys">
        <span className="visually-hidden">{title}. </span>
        <span className="key-whole">{whole}</span>
        <span className="key-part">{part}</span>
      </figcaption>
      <div className="column-scroll" tabIndex={0} role="group" aria-label={title}>
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true">
          {[0, most / 2, most].map((value) => (
            <g key={value}>
              <line className="column-grid" x1={LEFT} x2={WIDTH} y1={HEIGHT - BOTTOM - high(value)} y2={HEIGHT - BOTTOM - high(value)} />
              <text className="column-mark" x={LEFT - 8} y={HEIGHT - BOTTOM - high(value) + 4} textAnchor="end">
                {Number.isInteger(value) ? show(value) : ""}
              </text>
            </g>
          ))}
          {columns.map((column, place) => {
            const x = LEFT + place * wide + wide * 0.12;
            return (
              <g key={column.id}>
                <rect className="column-whole" x={x} width={wide * 0.76} y={HEIGHT - BOTTOM - high(column.whole)} height={high(column.whole)} />
                <rect className="column-part" x={x} width={wide * 0.76} y={HEIGHT - BOTTOM - high(column.part)} height={high(column.part)} />
                {place % every === 0 && (
                  <text className="column-mark" x={LEFT + (place + 0.5) * wide} y={HEIGHT - 6} textAnchor="middle">
                    {column.label}
                  </text>
                )}
              </g>
            );
          })}
        </svg>
      </div>
    </figure>
  );
}
