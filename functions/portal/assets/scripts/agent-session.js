// @ts-check
/** One session: claim it, check the person and the document, conclude. The server decides whether a pass is allowed. */
/** @import { AgentAppointment, AgentAppointments, Claimed, Concluded, SecondApproval } from "./contract.js" */
import { call, serverNow } from "./api.js";
import { alert, arriveAt, box, el, facts, h, loaded, say, show } from "./dom.js";
import { Incomplete, onPress, onSubmit } from "./form.js";
import { stateName } from "./format.js";
import { dateIn, ownZone, sessionTime } from "./proofing-case.js";
import { signedIn, start } from "./shell.js";

const id = location.pathname.split("/").at(-1) ?? "";
const path = `/api/agent/appointments/${id}`;

start(async () => {
  await signedIn();
  const day = new URLSearchParams(location.search).get("day") ?? dateIn("UTC", serverNow());
  el("back", HTMLAnchorElement).href = `/agent?day=${encodeURIComponent(day)}`;
  const { appointments } = /** @type {AgentAppointments} */ (await call("GET", `/api/agent/appointments?${new URLSearchParams({ day })}`));
  const a = appointments.find((other) => other.id === id);
  loaded();
  show("before");
  if (a) introduce(a);
  onPress(el("again", HTMLButtonElement), box("passed-problem"), async () => done(await call("POST", `${path}/conclude`, { outcome: "passed", reason: "The activation code is asked for again." }), "passed", true));
  onPress(el("claim", HTMLButtonElement), box("claim-problem"), async () => {
    const c = /** @type {Claimed} */ (await call("POST", `${path}/claim`));
    if (a) introduce({ ...a, state: "claimed" });
    claimed(c);
  });
  onSubmit(el("form", HTMLFormElement), conclude);
});

const countryName = new Intl.DisplayNames(["en"], { type: "region" });

/** @param {AgentAppointment} a */
function introduce(a) {
  say("heading", `Video session with ${a.holder.name}`);
  facts("facts", [["Name on the account", a.holder.name], ["Country of residence", countryName.of(a.holder.country) ?? a.holder.country], ["Time", sessionTime({ starts_at: a.starts_at, zone: ownZone })], ["State", stateName(a.state)]]);
  show("unclaimed", a.state === "booked" || a.state === "claimed");
  show("passed", a.state === "passed");
}

/** @param {Claimed} c */
function claimed(c) {
  show("unclaimed", false);
  say("word", c.verification_word);
  c.cues.forEach((cue, i) => say(`cue${i}`, cue));
  if (c.meeting_url) box("call").replaceChildren(h("a", { class: "usa-link", href: c.meeting_url, target: "_blank", rel: "noopener noreferrer" }, "Open the video call"));
  box("guide").replaceChildren(...c.checklist.map((text) => h("li", {}, text)));
  show("guide", c.checklist.length > 0);
  arriveAt("session");
}

/** @param {Record<string, string>} values */
async function conclude(values) {
  if (!values.outcome) throw new Incomplete([{ pointer: "/outcome", detail: "Choose the outcome" }]);
  const d = (/** @type {string} */ name) => (values[`checklist.document.${name}`] ?? "").trim();
  const is = (/** @type {string} */ name) => values[`checklist.${name}`] === "yes";
  const document = { type: d("type"), country: d("country"), expires_on: d("expires_on"), last4: d("last4"), name: d("name"), genuine: is("document.genuine") };
  if (values.outcome === "passed") {
    const missing = Object.entries(document).filter(([, value]) => value === "").map(([name]) => ({ pointer: `/checklist/document/${name}`, detail: `Enter what the document says` }));
    if (missing.length) throw new Incomplete(missing);
  }
  const checklist = { consent: is("consent"), in_view: is("in_view"), cues: [is("cues.0"), is("cues.1")], document, face_match: is("face_match") };
  done(await call("POST", `${path}/conclude`, { outcome: values.outcome, reason: values.reason, checklist }), values.outcome);
}

/** @param {Concluded | SecondApproval} result @param {string} outcome @param {boolean} [again] asked once more */
function done(result, outcome, again = false) {
  for (const part of ["session", "before", "passed"]) show(part, false);
  el("form", HTMLFormElement).reset();
  const second = "case_id" in result;
  const code = "activation_code" in result ? result.activation_code : undefined;
  const parts = second && again ? [alert("warning", "Nobody has decided yet", "Keep the holder on the line, and ask again when your colleague has decided.")] : second ? [alert("info", "A second agent must agree", outcome === "passed" ? "The name differs a little from the account. Keep the holder on the line while a colleague looks at the list of sessions; within 10 minutes of the approval you get the activation code here." : "End the call as always. A colleague finds it in the list of sessions.")]
    : code ? [alert("success", "Passed", "Read the activation code to the holder, twice, symbol by symbol. It is shown here once and never again."), h("p", { class: "word word--big", id: "activation-code" }, code), h("p", {}, "The holder enters it under \u201cEnter the activation code\u201d within 30 days.")]
      : [alert("info", "Concluded", "The session is over. The holder's page says what they can do now.")];
  if (second && outcome === "passed") {
    show("passed");
    say("passed-text", "Has the second agent agreed?");
  }
  box("done-body").replaceChildren(...parts);
  arriveAt("done");
}
