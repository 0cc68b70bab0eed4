/** The beginning of a CSV file, looked at before it is sent. The server reads all of it, and judges it. */

const SEPARATORS = [",", ";", "\t"] as const;
export type Separator = (typeof SEPARATORS)[number];

export interface Sample {
  readonly separator: Separator;
  readonly header: readonly string[];
  /** Where the header's line ends, in bytes, line break included. */
  readonly headerBytes: number;
  readonly rows: readonly { readonly raw: string; readonly cells: readonly string[] }[];
}

export type Refusal = "not-utf8" | "empty";

const MOST_ROWS = 100;

/** Reads the first rows of a text that is the beginning of a file.
 *
 * @param complete whether the text is the whole file: else its last line may be cut and is left out
 */
export function sampleOf(bytes: Uint8Array, complete: boolean): Sample | Refusal {
  const bom = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  let text: string;
  try {
    // In the middle of a file the last character may be cut: `stream` lets it be.
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(bom), { stream: !complete });
  } catch {
    return "not-utf8";
  }
  const lines = records(text, complete);
  const [first, ...rest] = lines;
  if (first === undefined || first.trim() === "") return "empty";
  const separator = separatorOf(first);
  const end = text.indexOf("\n", first.length);
  const headerText = end === -1 ? text : text.slice(0, end + 1);
  return {
    separator,
    header: cellsOf(first, separator),
    headerBytes: bom + new TextEncoder().encode(headerText).length,
    rows: rest
      .filter((raw) => raw.trim() !== "")
      .slice(0, MOST_ROWS)
      .map((raw) => ({ raw, cells: cellsOf(raw, separator) })),
  };
}

/** Lines, except that a quoted cell may hold line breaks. */
function records(text: string, complete: boolean): string[] {
  const found: string[] = [];
  let start = 0;
  let quoted = false;
  for (let at = 0; at < text.length && found.length <= MOST_ROWS + 1; at += 1) {
    const sign = text[at];
    if (sign === '"') quoted = !quoted;
    else if (sign === "\n" && !quoted) {
      found.push(text.slice(start, at).replace(/\r$/, ""));
      start = at + 1;
    }
  }
  if (complete && start < text.length && found.length <= MOST_ROWS + 1) found.push(text.slice(start).replace(/\r$/, ""));
  return found;
}

function separatorOf(header: string): Separator {
  const [most] = SEPARATORS.map((separator) => [separator, cellsOf(header, separator).length] as const).toSorted(
    ([, one], [, other]) => other - one,
  );
  return most === undefined || most[1] === 1 ? "," : most[0];
}

export function cellsOf(line: string, separator: string): string[] {
  const cells: string[] = [];
  let cell = "";
  let quoted = false;
  for (let at = 0; at < line.length; at += 1) {
    const sign = line[at] ?? "";
    if (quoted && sign === '"' && line[at + 1] === '"') {
      cell += '"';
      at += 1;
    } else if (sign === '"') quoted = !quoted;
    else if (sign === separator && !quoted) {
      cells.push(cell);
      cell = "";
    } else cell += sign;
  }
  cells.push(cell);
  return cells;
}

export function headerLine(names: readonly string[]): string {
  return `${names.map((name) => (/[",\r\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name)).join(",")}\n`;
}

/** What a column of a record list's file can be; any other is kept with the record under its own name. */
export const MEMBERS = [
  "First name",
  "Last name",
  "Mobile",
  "Home",
  "Office",
  "Extra 1",
  "Extra 2",
  "Extra 3",
  "Timezone",
  "Priority",
  "External ID",
  "External Provider",
] as const;
export type Member = (typeof MEMBERS)[number];

const PHONES: readonly Member[] = ["Mobile", "Home", "Office", "Extra 1", "Extra 2", "Extra 3"];

const OTHER_NAMES: Readonly<Record<string, Member>> = {
  firstname: "First name",
  forename: "First name",
  "given name": "First name",
  nome: "First name",
  lastname: "Last name",
  surname: "Last name",
  "family name": "Last name",
  apelido: "Last name",
  phone: "Mobile",
  "phone number": "Mobile",
  cell: "Mobile",
  "mobile phone": "Mobile",
  telefone: "Mobile",
  "time zone": "Timezone",
  tz: "Timezone",
};

/** What each column probably is: by its name, each member once; null is kept as it is. */
export function guessed(header: readonly string[]): (Member | null)[] {
  const taken = new Set<Member>();
  return header.map((name) => {
    const plain = name.trim().toLowerCase().replace(/[\s_-]+/g, " ");
    const member = MEMBERS.find((known) => known.toLowerCase() === plain) ?? OTHER_NAMES[plain] ?? null;
    if (member === null || taken.has(member)) return null;
    taken.add(member);
    return member;
  });
}

export interface MappingProblem {
  readonly code: "no-first-name" | "no-last-name" | "no-phone" | "twice";
  readonly member?: Member;
}

export function mappingProblems(mapping: readonly (Member | null)[]): MappingProblem[] {
  const has = (member: Member) => mapping.includes(member);
  const twice = MEMBERS.filter((member) => mapping.filter((other) => other === member).length > 1);
  return [
    ...(has("First name") ? [] : [{ code: "no-first-name" as const }]),
    ...(has("Last name") ? [] : [{ code: "no-last-name" as const }]),
    ...(PHONES.some(has) ? [] : [{ code: "no-phone" as const }]),
    ...twice.map((member) => ({ code: "twice" as const, member })),
  ];
}

/** The file with the names of its columns as they are mapped. Its rows are not read: a million of them stay on disk. */
export function renamed(file: Blob, sample: Sample, mapping: readonly (Member | null)[]): Blob {
  const names = sample.header.map((name, place) => mapping[place] ?? name);
  if (names.every((name, place) => name === sample.header[place])) return file;
  return new Blob([headerLine(names), file.slice(sample.headerBytes)], { type: "text/csv" });
}
