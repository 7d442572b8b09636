// @ts-check
/** A second agent's yes or no. */
/** @import { AgentAppointments, CaseState } from "./contract.js" */
import { call, serverNow } from "./api.js";
import { arriveAt, el, facts, say, show } from "./dom.js";
import { Incomplete, onSubmit } from "./form.js";
import { dateIn, ownZone, sessionTime } from "./proofing-case.js";
import { signedIn, start } from "./shell.js";

const id = location.pathname.split("/").at(-1) ?? "";

start(async () => {
  await signedIn();
  const day = new URLSearchParams(location.search).get("day") ?? dateIn("UTC", serverNow());
  const { appointments } = /** @type {AgentAppointments} */ (await call("GET", `/api/agent/appointments?${new URLSearchParams({ day })}`));
  const a = appointments.find((other) => other.case_id === id);
  if (a) facts("facts", [["Name on the account", a.holder.name], ["Session", sessionTime({ starts_at: a.starts_at, zone: ownZone })],
    ["To decide", a.state === "fraud" ? "The agent suspects fraud. Is the suspicion unfounded?" : "The name on the document differs a little from the account. Is it this person?"]]);
  show("ask");
  onSubmit(el("form", HTMLFormElement), async (values) => {
    if (!values.approve) throw new Incomplete([{ pointer: "/approve", detail: "Choose your decision" }]);
    const yes = values.approve === "yes";
    /** @type {CaseState} */ (await call("POST", `/api/agent/cases/${id}/approve`, { approve: yes, reason: values.reason }));
    say("done-text", yes ? "You agreed. The first agent goes on with the holder." : "You did not agree.");
    show("ask", false);
    arriveAt("done");
  });
});
