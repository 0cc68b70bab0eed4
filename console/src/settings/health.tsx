import { useQuery } from "@tanstack/react-query";
import { api, type Schema } from "../api/client";
import { problemOf } from "../api/problem";
import { useCan } from "../session/session";
import { installation as en } from "../text/en/installation";
import { useLate } from "../text/late";
import { installation as pt } from "../text/pt/installation";
import { DataTable } from "../ui/data-table";
import { Loaded, Panel } from "../ui/panel";
import { Pill, type Tone } from "../ui/pill";
import type { Shape } from "../ui/glyph";
import { Trunks } from "./trunks";

type Found = Schema["HealthShown"];
type Condition = Found["status"];
type Part = "status" | keyof Found["checks"];

const WORDS = { en, pt };
const LOOK_MS = 10_000;
const LOOKS: Record<Condition, readonly [Tone, Shape]> = { ok: ["good", "circle"], degraded: ["warn", "triangle"], down: ["bad", "square"] };

/** Whether requests are answered and calls can be placed, part by part. */
export function Health() {
  const words = useLate(WORDS);
  const can = useCan();
  const health = useQuery({
    queryKey: ["health"],
    queryFn: async (): Promise<Found> => {
      const { data, error, response } = await api.GET("/health");
      // Down is an answer, too.
      const found = data ?? (error as Found | undefined);
      if (found === undefined || !("checks" in found)) throw problemOf(response, error);
      return found;
    },
    refetchInterval: LOOK_MS,
  });
  return (
    <>
    <Panel title={words.health} flush>
      <Loaded query={health} what={words.health} height={200}>
        {(found) => (
          <DataTable<readonly [Part, Condition]>
            label={words.health}
            rows={rowsOf(found)}
            idOf={([part]) => part}
            columns={[
              { id: "part", label: words.part, cell: ([part]) => words.checks[part] },
              { id: "state", label: words.state, cell: ([, condition]) => <ConditionPill condition={condition} /> },
            ]}
          />
        )}
      </Loaded>
      <p className="soft panel-body">{words.healthAbout}</p>
    </Panel>
    {can("trunks:read") && <Trunks />}
    </>
  );
}

function rowsOf({ status, checks }: Found): readonly (readonly [Part, Condition])[] {
  const { carrier, ...rest } = checks;
  const parts = Object.entries(rest) as [Part, Condition][];
  return [["status", status], ...parts, ...(carrier === undefined ? [] : [["carrier", carrier] as const])];
}

function ConditionPill({ condition }: { readonly condition: Condition }) {
  const words = useLate(WORDS);
  const [tone, shape] = LOOKS[condition];
  return (
    <Pill tone={tone} shape={shape}>
      {words.conditions[condition]}
    </Pill>
  );
}
