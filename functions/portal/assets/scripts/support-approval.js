// @ts-check
/** The second person's yes or no. */
/** @import { Approvals, OpenApproval, Person } from "./contract.js" */
import { call, NoAnswer, Refusal } from "./api.js";
import { acts, atDesk } from "./desk.js";
import { alert, arriveAt, box, buttons, el, facts, h, link, loaded, say, show } from "./dom.js";
import { Incomplete, onSubmit, Outdated } from "./form.js";
import { exactly } from "./format.js";
import { start } from "./shell.js";

const id = decodeURIComponent(location.pathname.split("/")[3] ?? "");

start(async () => {
  await atDesk();
  const { approvals } = /** @type {Approvals} */ (await call("GET", "/api/support/approvals"));
  const a = approvals.find((other) => other.id === id);
  if (!a) {
    loaded();
    show("over");
    return;
  }
  const person = /** @type {Person} */ (await call("GET", `/api/support/people/${encodeURIComponent(a.user_id)}`));
  loaded();
  introduce(a, person);
  onSubmit(el("form", HTMLFormElement), async (values) => {
    if (!values.approve) throw new Incomplete([{ pointer: "/approve", detail: "Choose your decision" }]);
    const yes = values.approve === "yes";
    try {
      await call("POST", `/api/support/approvals/${encodeURIComponent(id)}`, { approve: yes, reason: values.reason });
    } catch (failure) {
      if (failure instanceof NoAnswer) throw new Outdated("No answer from the server", "It may have been decided or not. Decide again: nothing is done twice.");
      if (!(failure instanceof Refusal) || !over.includes(failure.code)) throw failure;
      return finish(alert("warning", failure.document.title, failure.document.detail ?? "Your decision changed nothing."), a);
    }
    finish(yes ? alert("success", acts[a.act]?.done ?? "Done", "You agreed, and it was done. The person is told by mail.") : alert("info", "Refused", "You did not agree. Nothing was changed."), a);
  });
});

/** Refusals that say that nothing can be decided here any more. */
const over = ["approval-unknown", "approval-decided", "approval-expired"];

/** @param {OpenApproval} a @param {Person} person */
function introduce(a, person) {
  const act = acts[a.act];
  const name = `${person.account.given_name} ${person.account.family_name}`;
  say("heading", `${act?.name ?? a.act}: ${name}`);
  say("intro", a.own ? "You asked for this, or it is about you: somebody else of support decides." : "A colleague asked for this. It is done only if you agree.");
  facts("facts", [
    ["Person", link(pageOf(a), `${name} (${a.user_id})`)], ["New name", a.family_name ? `${a.given_name} ${a.family_name}` : null], ["Asked by", a.asked_by],
    ["Asked on", exactly(a.asked_at)], ["Can be decided until", exactly(a.expires_at)], ["Reason", a.reason],
  ]);
  box("what").replaceChildren(...(act?.what(person) ?? []).map((line) => h("li", {}, line)));
  show("ask");
  show("form", !a.own);
}

/** @param {OpenApproval} a */
const pageOf = (a) => `/support/people/${encodeURIComponent(a.user_id)}`;

/** @param {HTMLElement} result @param {OpenApproval} a */
function finish(result, a) {
  show("ask", false);
  box("done").replaceChildren(result, buttons(link(pageOf(a), "To the person\u2019s page", "usa-button"), link("/support", "Back to the support desk", "usa-button usa-button--outline")));
  arriveAt("done");
}
