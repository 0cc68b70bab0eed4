import { describe, expect, it } from "vitest";
import { cellsOf, guessed, mappingProblems, renamed, sampleOf, type Sample } from "../src/lib/csv";

const bytes = (text: string) => new TextEncoder().encode(text);
const sample = (text: string, complete = true): Sample => {
  const found = sampleOf(bytes(text), complete);
  if (typeof found === "string") throw new Error(found);
  return found;
};

describe("the beginning of a file", () => {
  it("is its header and rows, with quoted cells over several lines", () => {
    const found = sample('First name,Note\r\nAna,"says ""hi"",\nthen leaves"\r\nRui,\r\n');
    expect(found.header).toEqual(["First name", "Note"]);
    expect(found.rows.map((row) => row.cells)).toEqual([
      ["Ana", 'says "hi",\nthen leaves'],
      ["Rui", ""],
    ]);
  });

  it("leaves out a line that the sample cuts", () => {
    expect(sample("a,b\n1,2\n3,", false).rows).toHaveLength(1);
    expect(sample("a,b\n1,2\n3,4", true).rows).toHaveLength(2);
  });

  it("knows other separators", () => {
    expect(sample("a;b;c\n1;2;3\n").separator).toBe(";");
    expect(sample("a\tb\n1\t2\n").separator).toBe("\t");
    expect(sample("single\n1\n").separator).toBe(",");
  });

  it("is refused in another encoding, and a cut character is none", () => {
    expect(sampleOf(new Uint8Array([0x4a, 0x6f, 0xe3, 0x6f, 0x0a]), true)).toBe("not-utf8");
    const whole = bytes("nome\nJoão");
    expect(sampleOf(whole.subarray(0, whole.length - 2), false)).toMatchObject({ header: ["nome"] });
    expect(sampleOf(bytes(""), true)).toBe("empty");
  });

  it("counts its header in bytes, mark and line break included", () => {
    const text = "\ufeffNé,b\r\n1,2\r\n";
    expect(sample(text).headerBytes).toBe(bytes("\ufeffNé,b\r\n").length);
    expect(sample(text).header).toEqual(["Né", "b"]);
  });
});

describe("columns", () => {
  it("are guessed by their names, each member once", () => {
    expect(guessed(["FIRST_NAME", "Surname", "phone", "Mobile", "Plan"])).toEqual(["First name", "Last name", "Mobile", null, null]);
  });

  it("lack something, or have it twice", () => {
    expect(mappingProblems(["First name", null]).map((problem) => problem.code)).toEqual(["no-last-name", "no-phone"]);
    expect(mappingProblems(["First name", "Last name", "Mobile", "Mobile"])).toEqual([{ code: "twice", member: "Mobile" }]);
    expect(mappingProblems(["First name", "Last name", "Extra 3"])).toEqual([]);
  });

  it("are renamed without touching the rows", async () => {
    const text = "nome;x,apelido\nAna,Sá\n";
    const file = new Blob([text]);
    const found = sample(text);
    const sent = renamed(file, found, ["First name", "Last name"]);
    expect(await sent.text()).toBe("First name,Last name\nAna,Sá\n");
    expect(renamed(file, found, [null, null])).toBe(file);
  });
});

it("splits cells at the separator alone", () => {
  expect(cellsOf('a,"b,c",d', ",")).toEqual(["a", "b,c", "d"]);
});
