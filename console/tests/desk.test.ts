import { describe, expect, it } from "vitest";
import { emptyDraft, isUnsaved, leftOver, readDrafts, withDraft, withoutDraft, type Drafts } from "../src/desk/drafts";
import { AT_FIRST, canDial, detailsOf, forMicrophone, isFree, linkTrouble, nameOf, safeLink, step, timeLeft, workKey, type DeskState, type Session } from "../src/desk/state";

const TEN = "2026-06-01T10:00:00Z";
const later = (seconds: number) => new Date(Date.parse(TEN) + seconds * 1_000).toISOString();

const session = (more: Partial<Session> = {}): Session => ({
  id: "s1",
  user_id: "u1",
  name: "Bruno",
  state: "ready",
  since: TEN,
  link: "up",
  signed_in_at: TEN,
  _links: { self: { href: "/v1/sessions/s1" } },
  ...more,
});

const work = (more: Partial<NonNullable<Session["work"]>> = {}): NonNullable<Session["work"]> => ({
  phone_number: "+12025550142",
  phone_type: "MOBILE",
  attempt: 1,
  ...more,
});

const after = (...events: Parameters<typeof step>[1][]): DeskState => events.reduce(step, AT_FIRST);
const shown = (more: Partial<Session> = {}) => ({ type: "shown", session: session(more) }) as const;

describe("an agent's desk", () => {
  it("shows what the server said last", () => {
    const desk = after(shown(), shown({ state: "previewing", since: later(5) }), shown({ state: "dialing", since: later(9) }));
    expect(desk.session?.state).toBe("dialing");
  });

  it("does not go back when the answer to a heartbeat is overtaken by the stream", () => {
    const desk = after(shown({ state: "talking", since: later(5) }), shown({ state: "dialing", since: later(2) }));
    expect(desk.session?.state).toBe("talking");
  });

  it("takes what changes within a state", () => {
    const desk = after(shown({ state: "talking" }), shown({ state: "talking", leaving: "paused", leaving_reason: "lunch" }));
    expect(desk.session?.leaving_reason).toBe("lunch");
  });

  it("begins anew with another session, whenever that began", () => {
    expect(after(shown({ since: later(60) }), shown({ id: "s2" })).session?.id).toBe("s2");
  });

  it("keeps the call on the screen while the server is not reached, and says so after two heartbeats", () => {
    const one = after(shown({ state: "talking" }), { type: "unanswered" });
    expect(linkTrouble(one)).toBeNull();
    const two = step(one, { type: "unanswered" });
    expect(linkTrouble(two)).toBe("unanswered");
    expect(two.session?.state).toBe("talking");
    expect(linkTrouble(step(two, shown({ state: "talking" })))).toBeNull();
  });

  it("counts an overtaken answer as heard", () => {
    const desk = after(shown({ since: later(5) }), { type: "unanswered" }, { type: "unanswered" }, shown());
    expect(linkTrouble(desk)).toBeNull();
  });

  it("says that the server has missed it", () => {
    expect(linkTrouble(after(shown({ link: "lost" })))).toBe("lost");
    expect(linkTrouble(after(shown({ link: "gone", state: "paused" })))).toBe("lost");
  });

  it("tells being signed off from signing off", () => {
    expect(after(shown(), { type: "over", asked: false })).toMatchObject({ session: null, ended: true });
    expect(after(shown(), { type: "over", asked: true })).toMatchObject({ session: null, ended: false });
    expect(after(shown({ state: "wrap_up", leaving: "signed_out" }), shown({ state: "signed_out", since: later(9) })).ended).toBe(false);
  });
});

describe("what an agent may do", () => {
  const preview = session({ state: "previewing", until: later(30), _links: { self: { href: "" }, dial: { href: "" } } });

  it("is what the server links to, and a preview is not dialed after its end", () => {
    expect(canDial(preview, Date.parse(later(29)))).toBe(true);
    expect(canDial(preview, Date.parse(later(30)))).toBe(false);
    expect(canDial({ ...preview, _links: { self: { href: "" } } }, Date.parse(TEN))).toBe(false);
  });

  it("counts down by the server's clock, to nothing and not below", () => {
    expect(timeLeft(preview, Date.parse(later(12)))).toBe(18_000);
    expect(timeLeft(preview, Date.parse(later(99)))).toBe(0);
    expect(timeLeft(preview, null)).toBeNull();
    expect(timeLeft(session(), Date.parse(TEN))).toBeNull();
  });

  it("goes on pause at once when free, else after the call", () => {
    expect((["ready", "previewing"] as const).every((state) => isFree(session({ state })))).toBe(true);
    expect((["dialing", "reserved", "talking", "wrap_up"] as const).some((state) => isFree(session({ state })))).toBe(false);
  });
});

describe("a desk whose phone has no microphone", () => {
  const lost = { leaving: "paused", leaving_reason: "microphone_lost" } as const;

  it("goes on pause, at once when free and else after the call", () => {
    for (const state of ["ready", "previewing", "dialing", "reserved", "talking", "wrap_up"] as const)
      expect(forMicrophone(session({ state }), "no-microphone")).toBe("pause");
    expect(forMicrophone(session({ leaving: "paused", leaving_reason: "lunch" }), "no-microphone")).toBe("pause");
  });

  it("asks for no pause that there is or will be", () => {
    expect(forMicrophone(session({ state: "paused", reason: "lunch" }), "no-microphone")).toBeNull();
    for (const leaving of [lost, { leaving: "paused", leaving_reason: "lunch" }, { leaving: "signed_out" }] as const)
      expect(forMicrophone(session({ state: "talking", ...leaving }), "no-microphone")).toBeNull();
  });

  it("stays when the microphone is back during the call, and asks for nothing else", () => {
    expect(forMicrophone(session({ state: "talking", ...lost }), "ready")).toBe("stay");
    expect(forMicrophone(session({ state: "talking", ...lost }), "unready")).toBeNull();
    expect(forMicrophone(session({ state: "talking", leaving: "paused", leaving_reason: "lunch" }), "ready")).toBeNull();
    expect(forMicrophone(session({ state: "wrap_up", ...lost }), "ready")).toBeNull();
    expect(forMicrophone(session({ state: "paused", reason: "microphone_lost" }), "ready")).toBeNull();
  });

  it("leaves alone who takes calls elsewhere, and a phone that is on its way", () => {
    expect(forMicrophone(session(), "none")).toBeNull();
    expect(forMicrophone(session(), "unready")).toBeNull();
  });
});

describe("who is on the screen", () => {
  const record = { id: "r1", record_list_id: "l1", first_name: "Ana", last_name: "", extra_data: {} };

  it("is called by name, or by number without one", () => {
    expect(nameOf(session({ work: work({ record }) }))).toBe("Ana");
    expect(nameOf(session({ work: work() }))).toBe("+12025550142");
    expect(nameOf(session())).toBeNull();
  });

  it("stays the same from the preview to the wrap-up", () => {
    const preview = workKey(session({ state: "previewing", work: work({ record, preview_id: "p1" }) }));
    expect(workKey(session({ state: "wrap_up", work: work({ record, attempt_id: "a1" }) }))).toBe(preview);
    expect(workKey(session({ work: work({ record, attempt: 2 }) }))).not.toBe(preview);
  });

  it("is linked to on the web alone", () => {
    expect(safeLink("https://crm.example/1")).toBe("https://crm.example/1");
    expect(safeLink("javascript:alert(1)")).toBeNull();
  });

  it("shows what the list brought, except nothing", () => {
    expect(detailsOf({ contract_end: "30 Nov", plan: null, debts: 0, tags: ["a"] })).toEqual([
      ["contract end", "30 Nov"],
      ["debts", "0"],
      ["tags", '["a"]'],
    ]);
  });
});

describe("what is written about a call", () => {
  const draft = emptyDraft({ name: "Ana", phone: "+12025550142", zone: null });
  const said = { ...draft, note: "mornings", dispositionId: "d1", saved: { note: "mornings", dispositionId: "d1" } };

  it("wants saving once there is something, and again when it is changed", () => {
    expect(isUnsaved(draft)).toBe(false);
    expect(isUnsaved({ ...draft, note: "x" })).toBe(true);
    expect(isUnsaved(said)).toBe(false);
    expect(isUnsaved({ ...said, note: "evenings" })).toBe(true);
  });

  it("comes back after a reload, and bad storage is no fault", () => {
    const drafts = withDraft({}, "a1", said);
    expect(readDrafts(JSON.stringify(drafts))).toEqual(drafts);
    expect(readDrafts("{")).toEqual({});
    expect(readDrafts("[]")).toEqual({});
    expect(readDrafts(null)).toEqual({});
  });

  it("is asked for after a wrap-up that ran out, but not while the call is on the screen", () => {
    const drafts = { a1: { ...draft, note: "x" }, a2: said };
    expect(leftOver(drafts, null).map(([id]) => id)).toEqual(["a1"]);
    expect(leftOver(drafts, "a1")).toEqual([]);
    expect(leftOver(withoutDraft(drafts, "a1"), null)).toEqual([]);
  });

  it("is forgotten when it is old and saved, never before it is saved", () => {
    let drafts: Drafts = { unsaved: { ...draft, note: "x" } };
    for (let call = 0; call < 40; call += 1) drafts = withDraft(drafts, `a${call}`, said);
    expect(Object.keys(drafts)).toHaveLength(20);
    expect(drafts).toHaveProperty("unsaved");
    expect(drafts).toHaveProperty("a39");
    expect(drafts).not.toHaveProperty("a5");
  });
});
