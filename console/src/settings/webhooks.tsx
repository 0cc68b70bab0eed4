import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, told, type Schema } from "../api/client";
import { useFilters } from "../lib/filters";
import { useMayChange } from "../session/session";
import { installation as en } from "../text/en/installation";
import { useLate } from "../text/late";
import { installation as pt } from "../text/pt/installation";
import { useFormat, useText } from "../text/text";
import { Button } from "../ui/button";
import { ConfirmAction } from "../ui/confirm-action";
import { DataTable } from "../ui/data-table";
import { Pager } from "../ui/pager";
import { Empty, Loaded, Panel } from "../ui/panel";

type Delivery = Schema["DeliveryShown"];

const WORDS = { en, pt };
const FILTERS = { page: "1" };
const PER_PAGE = 25;
const KEY = ["webhook-secret"];

/** The secret that calls to other systems are signed with. */
export function Webhooks() {
  const text = useText();
  const mayChange = useMayChange();
  const queries = useQueryClient();
  const [shown, setShown] = useState(false);
  const secret = useQuery({ queryKey: KEY, queryFn: () => told(api.GET("/v1/webhook-secret")) });
  const making = useMutation({
    mutationFn: () => told(api.POST("/v1/webhook-secret")),
    onSuccess: (made) => queries.setQueryData(KEY, made),
  });
  return (
    <>
      <Panel title={text.settings.secret}>
        <p className="soft">{text.settings.secretAbout}</p>
        <Loaded query={secret} what={text.settings.secret} height={40}>
          {(found) => (
            <div className="row">
              <code>{shown ? found.secret : "••••••••••••••••"}</code>
              <Button small onPress={() => setShown(!shown)}>
                {shown ? text.settings.hide : text.settings.show}
              </Button>
              {mayChange("record-lists:manage") && (
                <ConfirmAction
                  label={text.settings.newSecret}
                  title={text.settings.newSecret}
                  consequence={text.settings.newSecretAbout}
                  verb={text.settings.newSecret}
                  look="danger"
                  small
                  act={() => making.mutateAsync()}
                />
              )}
            </div>
          )}
        </Loaded>
      </Panel>
      <Deliveries />
    </>
  );
}

/** What came of the calls that clients have asked for. */
function Deliveries() {
  const text = useText();
  const words = useLate(WORDS);
  const format = useFormat();
  const [filters, setFilters] = useFilters(FILTERS);
  const page = Number(filters.page);
  const deliveries = useQuery({
    queryKey: ["webhook-deliveries", page],
    queryFn: () => told(api.GET("/v1/webhook-deliveries", { params: { query: { page, per_page: PER_PAGE } } })),
    placeholderData: keepPreviousData,
  });
  const answerOf = (one: Delivery) => one.last_problem ?? (one.last_answer === undefined ? "–" : String(one.last_answer));
  const stateOf = (one: Delivery) =>
    [words.deliveryStates[one.status], one.next_at !== undefined && words.nextTry(format.dateTime(one.next_at))].filter(Boolean).join(", ");
  return (
    <Panel title={words.deliveries} flush>
      <Loaded query={deliveries} what={words.deliveries} height={160}>
        {(found) =>
          found.total === 0 ? (
            <Empty>
              {words.noDeliveries} {words.deliveriesAbout}
            </Empty>
          ) : (
            <>
              <DataTable<Delivery>
                label={words.deliveries}
                rows={found._embedded.deliveries}
                idOf={(one) => one.id}
                columns={[
                  { id: "endpoint", label: words.endpoint, cell: (one) => `${one.method} ${one.endpoint}` },
                  { id: "asked", label: words.asked, cell: (one) => format.dateTime(one.created_at) },
                  { id: "state", label: text.campaigns.state, cell: stateOf },
                  { id: "tries", label: words.tries, number: true, cell: (one) => one.attempts },
                  { id: "answer", label: words.lastAnswer, cell: answerOf },
                ]}
              />
              <Pager page={page} perPage={PER_PAGE} total={found.total} onPage={(to) => setFilters({ page: String(to) })} />
            </>
          )
        }
      </Loaded>
    </Panel>
  );
}
