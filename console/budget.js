/** Looks at the size of what `npm run build` has made. Ends with 1 where a page is larger than it may be. */

import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const KILOBYTE = 1_000;
const FIRST_LOAD = 160 * KILOBYTE;
const ROUTE = 60 * KILOBYTE;
const STYLES = 12 * KILOBYTE;

const folder = new URL("dist/", import.meta.url);
const sizeOf = (name) => gzipSync(readFileSync(new URL(`assets/${name}`, folder)), { level: 9 }).length;
const names = readdirSync(new URL("assets/", folder));
const scripts = names.filter((name) => name.endsWith(".js"));

/** The scripts that a script fetches at once, with itself. */
function withImports(name, found = new Set()) {
  if (found.has(name)) return found;
  found.add(name);
  const text = readFileSync(new URL(`assets/${name}`, folder), "utf8");
  for (const [, imported] of text.matchAll(/(?:from|import)\s*"\.\/([^"]+\.js)"/g)) withImports(imported, found);
  return found;
}

const entry = /src="[^"]*assets\/([^"]+\.js)"/.exec(readFileSync(new URL("index.html", folder), "utf8"))?.[1];
if (entry === undefined) throw new Error("index.html names no script");
const first = withImports(entry);
const total = (scriptNames) => [...scriptNames].reduce((sum, name) => sum + sizeOf(name), 0);
const routes = scripts
  .filter((name) => !first.has(name))
  .map((name) => [name, total([...withImports(name)].filter((other) => !first.has(other)))]);
const largest = routes.toSorted(([, one], [, other]) => other - one)[0] ?? ["none", 0];
const styles = names.filter((name) => name.endsWith(".css")).reduce((sum, name) => sum + sizeOf(name), 0);

const fonts = names.filter((name) => /\.(woff2?|ttf|otf)$/.test(name)).length;
const checks = [
  ["first load", total(first), FIRST_LOAD],
  [`largest route (${largest[0]})`, largest[1], ROUTE],
  ["all styles", styles, STYLES],
  ["font files", fonts, 0],
];
for (const [what, size, limit] of checks) console.log(`${size > limit ? "TOO LARGE" : "ok"}: ${what} ${size} of ${limit} bytes, gzip`);
process.exit(checks.some(([, size, limit]) => size > limit) ? 1 : 0);
