import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, told } from "../api/client";
import { useMayChange } from "../session/session";
import { useText } from "../text/text";
import { Button } from "../ui/button";
import { ConfirmAction } from "../ui/confirm-action";
import { Loaded, Panel } from "../ui/panel";

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
  );
}
