import { describe, expect, it } from "vitest";
import { AT_FIRST, pauseBefore, STALE_AFTER_MS, step, type Link, type LinkEvent } from "../src/stream/link";
import { mergePatch, type Json } from "../src/stream/merge-patch";
import { readMessage } from "../src/stream/messages";
import { heard, NOTHING_YET } from "../src/stream/topic";

const after = (...events: LinkEvent[]): Link => events.reduce(step, AT_FIRST);

describe("the link", () => {
  it("is live only after a streamed message", () => {
    expect(after({ type: "opening" }).phase).toBe("connecting");
    expect(after({ type: "opening" }, { type: "polled", at: 1 }).phase).toBe("polling");
    expect(after({ type: "opening" }, { type: "message", at: 1 }).phase).toBe("live");
  });

  it("is stale when nothing was heard for five seconds, and live again at the next message", () => {
    const live = after({ type: "message", at: 1_000 });
    expect(step(live, { type: "tick", at: 1_000 + STALE_AFTER_MS - 1 }).phase).toBe("live");
    const stale = step(live, { type: "tick", at: 1_000 + STALE_AFTER_MS });
    expect(stale.phase).toBe("stale");
    expect(step(stale, { type: "message", at: 9_000 }).phase).toBe("live");
  });

  it("stays offline while it tries again, until something is heard", () => {
    const offline = after({ type: "message", at: 1 }, { type: "closed" });
    expect(offline.phase).toBe("offline");
    expect(step(offline, { type: "opening" }).phase).toBe("offline");
    expect(step(step(offline, { type: "opening" }), { type: "message", at: 2 })).toEqual({ phase: "live", heardAt: 2, attempts: 0 });
  });

  it("polls on when the socket is refused again, and is offline when polling fails, too", () => {
    const polling = after({ type: "closed" }, { type: "polled", at: 1 });
    expect(step(polling, { type: "closed" }).phase).toBe("polling");
    expect(step(polling, { type: "poll-failed" }).phase).toBe("offline");
  });

  it("waits half a second at first and fifteen at most, half of it by chance", () => {
    expect(pauseBefore(1, 0)).toBe(250);
    expect(pauseBefore(1, 1)).toBe(500);
    expect(pauseBefore(3, 1)).toBe(2_000);
    expect(pauseBefore(50, 1)).toBe(15_000);
  });
});

describe("a topic", () => {
  const snapshot = { op: "snapshot", topic: "t", seq: 7, ts: "2026-06-01T10:00:00Z", data: { calls: { a: 1, b: 2 }, list: [1] } } as const;
  const delta = (seq: number, patch: Json) =>
    ({ op: "delta", topic: "t", seq, ts: `2026-06-01T10:00:0${seq - 7}Z`, patch }) as const;

  it("takes a snapshot as it is and merges the deltas that follow it", () => {
    const state = [snapshot, delta(8, { calls: { a: null, c: 3 } }), delta(9, { list: [2, 3] })].reduce(heard, NOTHING_YET);
    expect(state).toMatchObject({ seq: 9, ts: "2026-06-01T10:00:02Z", behind: false, data: { calls: { b: 2, c: 3 }, list: [2, 3] } });
  });

  it("keeps what was true and asks anew when a delta is missing", () => {
    const state = [snapshot, delta(9, { list: [] })].reduce(heard, NOTHING_YET);
    expect(state).toMatchObject({ seq: 7, behind: true, data: snapshot.data });
    expect(heard(state, delta(8, { list: [] })).data).toEqual(snapshot.data);
    expect(heard(state, { ...snapshot, seq: 12 })).toMatchObject({ seq: 12, behind: false });
  });

  it("keeps the figures when it is refused", () => {
    const refused = heard(heard(NOTHING_YET, snapshot), { op: "refused", topic: "t", code: "no-engine", message: "no dialer" });
    expect(refused).toMatchObject({ data: snapshot.data, refusal: { code: "no-engine" } });
  });
});

describe("a merge patch", () => {
  it("leaves what it does not touch as the same object", () => {
    const before = { kept: { deep: 1 }, changed: { deep: 1 } };
    const result = mergePatch(before, { changed: { deep: 2 } }) as unknown as typeof before;
    expect(result.kept).toBe(before.kept);
    expect(result.changed).toEqual({ deep: 2 });
    expect(before.changed).toEqual({ deep: 1 });
  });

  it.each([
    [{ a: "b" }, { a: null }, {}],
    [{ a: ["b"] }, { a: "c" }, { a: "c" }],
    [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
    [["a"], { b: 1 }, { b: 1 }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])("of %j by %j is %j", (target, patch, result) => {
    expect(mergePatch(target, patch)).toEqual(result);
  });
});

it("passes over what is no message of ours", () => {
  expect(readMessage("no JSON")).toBeNull();
  expect(readMessage("3")).toBeNull();
  expect(readMessage('{"op": "something-newer"}')).toBeNull();
  expect(readMessage('{"op": "heartbeat", "ts": "2026-06-01T10:00:00Z"}')).toEqual({ op: "heartbeat", ts: "2026-06-01T10:00:00Z" });
});
