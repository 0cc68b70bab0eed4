import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, told, type Schema } from "../api/client";
import { useMayChange } from "../session/session";
import { installation as en } from "../text/en/installation";
import { useLate } from "../text/late";
import { installation as pt } from "../text/pt/installation";
import { useFormat, useText } from "../text/text";
import { ConfirmAction } from "../ui/confirm-action";
import { DataTable } from "../ui/data-table";
import type { Shape } from "../ui/glyph";
import { Empty, Loaded, Panel } from "../ui/panel";
import { Pill, type Tone } from "../ui/pill";

type Trunk = Schema["TrunkShown"];

const WORDS = { en, pt };
const LOOK_MS = 2_000;
const LOOKS: Record<Trunk["state"], readonly [Tone, Shape]> = {
  TAKES_CALLS: ["good", "circle"],
  DOWN: ["bad", "square"],
  DRAINING: ["warn", "half"],
  DRAINED: ["warn", "bars"],
  UNHEARD: ["neutral", "ring"],
};

const trunksQuery = queryOptions({
  queryKey: ["trunks"],
  queryFn: async () => (await told(api.GET("/v1/trunks", { params: { query: { per_page: 100 } } })))._embedded.trunks,
  refetchInterval: LOOK_MS,
});

/** The installation's ways to the telephone network: how each of them is, and whether it gets calls. */
export function Trunks() {
  const words = useLate(WORDS);
  const text = useText();
  const format = useFormat();
  const mayChange = useMayChange();
  const trunks = useQuery(trunksQuery);
  const writes = mayChange("trunks:write");
  return (
    <Panel title={words.trunks} flush>
      <Loaded query={trunks} what={words.trunks}>
        {(found) =>
          found.length === 0 ? (
            <Empty>{words.noTrunks}</Empty>
          ) : (
            <DataTable
              label={words.trunks}
              rows={found}
              idOf={(trunk) => trunk.id}
              columns={[
                { id: "name", label: words.trunk, cell: (trunk) => trunk.name },
                { id: "state", label: words.state, cell: (trunk) => <TrunkState trunk={trunk} /> },
                { id: "calls", label: words.calls, number: true, cell: ({ calls, max_calls }) => words.callsOf(format.number(calls), format.number(max_calls)) },
                {
                  id: "rate",
                  label: words.perSecond,
                  number: true,
                  cell: ({ calls_per_second }) => (calls_per_second === undefined ? words.anyNumber : format.number(calls_per_second)),
                },
                {
                  id: "sign",
                  label: words.lastSign,
                  cell: ({ sign_of_life, sign_of_life_at }) =>
                    sign_of_life_at === undefined ? words.noSign : `${sign_of_life ?? ""} · ${format.clock(sign_of_life_at)}`,
                },
                ...(writes ? [{ id: "actions", label: text.campaigns.actions, cell: (trunk: Trunk) => <Command trunk={trunk} /> }] : []),
              ]}
            />
          )
        }
      </Loaded>
      <p className="soft panel-body">{words.trunksAbout}</p>
    </Panel>
  );
}

function TrunkState({ trunk }: { readonly trunk: Trunk }) {
  const words = useLate(WORDS);
  const [tone, shape] = LOOKS[trunk.state];
  return (
    <>
      <Pill tone={tone} shape={shape}>
        {words.trunkStates[trunk.state]}
      </Pill>{" "}
      {trunk.state === "DRAINING" && words.callsLeft(trunk.calls)}
      {trunk.state === "DOWN" && trunk.trouble}
    </>
  );
}

/** Drains a trunk, or takes it back: of the two what would change something. */
function Command({ trunk }: { readonly trunk: Trunk }) {
  const words = useLate(WORDS);
  const queries = useQueryClient();
  const params = { path: { trunk_id: trunk.id } };
  const doing = useMutation({
    mutationFn: () => told(trunk.drained ? api.POST("/v1/trunks/{trunk_id}/resume", { params }) : api.POST("/v1/trunks/{trunk_id}/drain", { params })),
    onSuccess: () => queries.invalidateQueries({ queryKey: trunksQuery.queryKey }),
  });
  const verb = trunk.drained ? words.resume : words.drain;
  return (
    <ConfirmAction
      label={verb}
      aria-label={`${verb}: ${trunk.name}`}
      title={trunk.drained ? words.resumeTitle(trunk.name) : words.drainTitle(trunk.name)}
      consequence={trunk.drained ? words.resumeAbout(trunk.max_calls) : words.drainAbout(trunk.calls, trunk.max_calls)}
      verb={verb}
      look={trunk.drained ? "plain" : "danger"}
      small
      act={() => doing.mutateAsync()}
    />
  );
}
