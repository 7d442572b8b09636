// @ts-check
/** The agent's day. */
/** @import { AgentAppointment, AgentAppointments } from "./contract.js" */
import { call, serverNow } from "./api.js";
import { box, el, h, link, loaded, say, show } from "./dom.js";
import { onSubmit } from "./form.js";
import { stateClass, stateName } from "./format.js";
import { dateIn, inZone, ownZone } from "./proofing-case.js";
import { signedIn, start } from "./shell.js";

start(async () => {
  await signedIn();
  const day = new URLSearchParams(location.search).get("day") ?? dateIn("UTC", serverNow());
  el("day", HTMLInputElement).value = day;
  await draw(day);
  loaded();
  show("content");
  onSubmit(el("form", HTMLFormElement), async (values) => {
    await draw(values.day ?? "");
    history.replaceState(null, "", `/agent?day=${encodeURIComponent(values.day ?? "")}`);
  });
});

const clock = inZone(ownZone, { hour: "numeric", minute: "2-digit", timeZoneName: "short" });
const countryName = new Intl.DisplayNames(["en"], { type: "region" });

/** @param {string} day */
async function draw(day) {
  const { appointments } = /** @type {AgentAppointments} */ (await call("GET", `/api/agent/appointments?${new URLSearchParams({ day })}`));
  say("day-heading", inZone("UTC", { weekday: "long", month: "long", day: "numeric", year: "numeric" })(`${day}T00:00:00Z`));
  show("empty", appointments.length === 0);
  say("said", `${appointments.length} ${appointments.length === 1 ? "session" : "sessions"}.`);
  box("rows").replaceChildren(...appointments.map((a) => row(a, day)));
}

/** @param {AgentAppointment} a @param {string} day */
function row(a, day) {
  const open = link(`/agent/appointments/${encodeURIComponent(a.id)}?day=${encodeURIComponent(day)}`, "Open", "usa-button usa-button--outline");
  open.setAttribute("aria-label", `Open the session of ${a.holder.name}`);
  const decide = a.case_id ? link(`/agent/cases/${encodeURIComponent(a.case_id)}?day=${encodeURIComponent(day)}`, "Decide", "usa-button") : null;
  decide?.setAttribute("aria-label", `Decide about ${a.holder.name}`);
  return h("li", { class: "sessions__item" }, h("div", {}, h("p", {}, h("strong", {}, `${clock(a.starts_at)}, ${a.holder.name}`), " ", h("strong", { class: stateClass(a.state) }, stateName(a.state))),
    h("p", { class: "small" }, countryName.of(a.holder.country) ?? a.holder.country)), decide ?? open);
}
