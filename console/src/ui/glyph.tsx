/** Small shapes, so that a state is told by more than its colour. */

const SHAPES = {
  circle: <circle cx="5" cy="5" r="4.5" />,
  ring: <circle cx="5" cy="5" r="3.7" fill="none" stroke="currentColor" strokeWidth="1.8" />,
  half: (
    <>
      <circle cx="5" cy="5" r="4" fill="none" stroke="currentColor" strokeWidth="1.4" />
      <path d="M5 1a4 4 0 0 1 0 8z" />
    </>
  ),
  square: <rect x="1" y="1" width="8" height="8" rx="1.5" />,
  triangle: <path d="M5 .6 9.8 9.2H.2z" />,
  bars: <path d="M1.5 1h2.4v8H1.5zM6.1 1h2.4v8H6.1z" />,
  cross: <path d="m1.2 1.2 7.6 7.6m0-7.6L1.2 8.8" fill="none" stroke="currentColor" strokeWidth="2" strokeLinecap="round" />,
  clock: (
    <>
      <circle cx="5" cy="5" r="4" fill="none" stroke="currentColor" strokeWidth="1.4" />
      <path d="M5 2.6V5l1.7 1.2" fill="none" stroke="currentColor" strokeWidth="1.3" strokeLinecap="round" />
    </>
  ),
  diamond: <path d="M5 .4 9.6 5 5 9.6.4 5z" />,
  wave: <path d="M.8 5h1.6l1.2-3.4 2 6.8L6.900 5h2.300" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinejoin="round" strokeLinecap="round" />,
} as const;

export type Shape = keyof typeof SHAPES;

export function Glyph({ shape }: { readonly shape: Shape }) {
  return (
    <svg viewBox="0 0 10 10" fill="currentColor" aria-hidden="true">
      {SHAPES[shape]}
    </svg>
  );
}
