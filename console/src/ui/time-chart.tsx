import { useEffect, useMemo, useRef, useState } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import "./time-chart.css";
import { useFormat, useText } from "../text/text";

export interface ChartLine {
  readonly label: string;
  readonly values: readonly (number | null)[];
  /** A token of the style sheet: `accent`, `good`. */
  readonly color: string;
  readonly dashed?: boolean;
  readonly filled?: boolean;
}

interface TimeChartProps {
  readonly title: string;
  /** Seconds since the epoch, ascending. */
  readonly times: readonly number[];
  /** Their number, colours and order must not change while the chart is shown. */
  readonly lines: readonly ChartLine[];
  readonly show: (value: number) => string;
  readonly height?: number;
  /** The least upper end of the scale. */
  readonly floor?: number;
}

/** Lines over time, with a legend of the latest values and a sentence for those who cannot see them. */
export function TimeChart({ title, times, lines, show, height = 170, floor = 1 }: TimeChartProps) {
  const text = useText();
  const summary = useMemo(() => lines.map((line) => inWords(line, show, text.live.chartText)).join(". "), [lines, show, text]);
  return (
    <figure className="chart">
      <figcaption className="chart-legend">
        {lines.map((line) => (
          <span key={line.label} className="chart-key">
            <span className={`chart-swatch${line.dashed ? " chart-swatch-dashed" : ""}`} style={{ borderColor: `var(--${line.color})` }} />
            {line.label} <strong>{latest(line, show)}</strong>
          </span>
        ))}
        <span className="visually-hidden">
          {title}. {summary}
        </span>
      </figcaption>
      {times.length < 2 ? (
        <p className="empty" style={{ minHeight: height }}>
          {text.live.chartEmpty}
        </p>
      ) : (
        <Canvas times={times} lines={lines} show={show} height={height} floor={floor} />
      )}
    </figure>
  );
}

const MINUTE = 60;

type CanvasProps = Required<Omit<TimeChartProps, "title">>;

function Canvas({ times, lines, show, height, floor }: CanvasProps) {
  const format = useFormat();
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(null);
  const theme = useThemeCount();
  const looks = lines.map((line) => `${line.color}${line.dashed ? "-" : ""}${line.filled ? "+" : ""}`).join();
  const data = useMemo(() => [times, ...lines.map((line) => line.values)] as unknown as uPlot.AlignedData, [times, lines]);
  const current = useRef(data);

  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const color = (token: string) => resolvedColor(element, token);
    const grid = { stroke: color("line"), width: 1 };
    const axis = { stroke: color("text-soft"), grid, ticks: { show: false }, font: `11px ${getComputedStyle(element).fontFamily}` };
    const made = new uPlot(
      {
        width: Math.max(120, element.clientWidth),
        height,
        legend: { show: false },
        cursor: { show: false },
        padding: [8, 8, 0, 0],
        scales: { x: { time: true }, y: { range: (_, __, most) => [0, Math.max(floor, most * 1.08)] } },
        axes: [
          { ...axis, size: 26, space: 70, values: (_, ticks, __, ___, step) => ticks.map((tick) => (step < MINUTE ? format.clock : format.time)(tick * 1_000)) },
          { ...axis, size: 46, space: 34, values: (_, ticks) => ticks.map(show) },
        ],
        series: [
          {},
          ...looks.split(",").map((look) => {
            const stroke = color(look.replace(/[-+]/g, ""));
            return {
              stroke,
              width: 2,
              points: { show: false },
              ...(look.includes("-") && { dash: [5, 4] }),
              ...(look.includes("+") && { fill: withAlpha(stroke, 0.14) }),
            };
          }),
        ],
      },
      current.current,
      element,
    );
    plot.current = made;
    const resized = new ResizeObserver(() => made.setSize({ width: Math.max(120, element.clientWidth), height }));
    resized.observe(element);
    return () => {
      resized.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [looks, height, floor, show, format, theme]);

  useEffect(() => {
    current.current = data;
    plot.current?.setData(data);
  }, [data]);

  return <div ref={box} className="chart-canvas" style={{ height }} aria-hidden="true" />;
}

/** Rises when the colours change, by choice or with the system. */
function useThemeCount(): number {
  const [count, setCount] = useState(0);
  useEffect(() => {
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const changed = () => setCount((before) => before + 1);
    dark.addEventListener("change", changed);
    window.addEventListener("outdial:theme", changed);
    return () => {
      dark.removeEventListener("change", changed);
      window.removeEventListener("outdial:theme", changed);
    };
  }, []);
  return count;
}

/** A canvas needs the colour itself; `light-dark()` is decided by the element's own scheme. */
function resolvedColor(element: HTMLElement, token: string): string {
  const before = element.style.color;
  element.style.color = `var(--${token})`;
  const color = getComputedStyle(element).color;
  element.style.color = before;
  return color;
}

function withAlpha(color: string, alpha: number): string {
  return color.replace(/^rgb\((.*)\)$/, `rgba($1, ${alpha})`);
}

function latest(line: ChartLine, show: (value: number) => string): string {
  const value = line.values.findLast((one) => one !== null);
  return value === undefined ? "" : show(value);
}

function inWords(line: ChartLine, show: (value: number) => string, sentence: (name: string, now: string, least: string, most: string) => string): string {
  const known = line.values.filter((value) => value !== null);
  if (known.length === 0) return line.label;
  return sentence(line.label, latest(line, show), show(Math.min(...known)), show(Math.max(...known)));
}
