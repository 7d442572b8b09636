// @ts-check
/** Acts of support: chosen, given a reason, told what happens, then done. */
/** @import { Acted, ActAsked, Person } from "./contract.js" */
import { call, NoAnswer, Refusal } from "./api.js";
import { acts, sendable, voidable } from "./desk.js";
import { alert, arriveAt, box, el, h, link, say, show } from "./dom.js";
import { Incomplete, onPress, onSubmit, Outdated, showFailure } from "./form.js";
import { stateName } from "./format.js";

/** As the person was last seen. @type {Person} */
let person;
/** What waits to be confirmed. @type {Record<string, string>} */
let chosen = {};

/**
 * Offers the acts that fit how the person stands; none on one's own account.
 * @param {Person} p @param {boolean} own
 */
export function offer(p, own) {
  person = p;
  show("act-own", own);
  show("form", !own);
  show("confirm", false);
  box("acts").replaceChildren(...Object.entries(acts).filter(([, act]) => act.fits(p)).flatMap(([id, act]) => [h("div", { class: "usa-radio" },
    h("input", { class: "usa-radio__input", type: "radio", id: `act-${id}`, name: "act", value: id }), h("label", { class: "usa-radio__label", for: `act-${id}` }, act.name))]));
  const keys = p.orders.flatMap((o) => o.keys.filter(voidable).map((k) => option(`${o.number} ${k.last4}`, `${k.last4}, of ${o.number} (${stateName(k.state === "registered" ? "entered" : k.state)})`)));
  el("order", HTMLSelectElement).replaceChildren(option("", "Choose an order"), ...p.orders.filter(sendable).map((o) => option(o.number, o.number)));
  el("key", HTMLSelectElement).replaceChildren(option("", "Choose a key"), ...keys);
  need();
}

/** @param {string} value @param {string} text */
const option = (value, text) => h("option", { value }, text);

/** Shows the fields that the chosen act needs. */
function need() {
  const needs = acts[String(new FormData(el("form", HTMLFormElement)).get("act"))]?.needs;
  for (const part of ["order", "key", "name"]) show(`${part}-part`, needs === part);
}

/** Once a page. @param {string} path of the person @param {() => Promise<void>} again asks for the person anew and draws them */
export function drawActs(path, again) {
  const form = el("form", HTMLFormElement);
  form.addEventListener("change", need);
  onSubmit(form, async (values) => {
    const act = acts[values.act ?? ""];
    if (!act) throw new Incomplete([{ pointer: "/act", detail: "Choose what is to be done" }]);
    chosen = values;
    say("confirm-heading", `${act.name}: ${person.account.given_name} ${person.account.family_name}?`);
    const two = act.two?.(person) ?? "";
    say("confirm-about", about(values));
    show("confirm-about", about(values) !== "");
    say("confirm-two", two);
    show("confirm-two", two !== "");
    box("confirm-what").replaceChildren(...act.what(person).map((line) => h("li", {}, line)));
    say("confirm-reason", values.reason ?? "");
    say("confirm-yes", two && values.act !== "confirm-name" ? "Ask for a second person" : act.button);
    show("done", false);
    show("form", false);
    show("confirm");
    box("confirm-heading").focus();
  });
  el("confirm-no", HTMLButtonElement).addEventListener("click", () => back().focus());
  onPress(el("confirm-yes", HTMLButtonElement), box("confirm-problem"), () => carryOut(path, again));
}

/** What was chosen beside the act. @param {Record<string, string>} values */
function about(values) {
  if (values.act === "confirm-name") return `From ${person.account.given_name} ${person.account.family_name} to ${values.given_name?.trim()} ${values.family_name?.trim()}`;
  if (values.act === "resend-keys") return `Order ${values.order}`;
  return values.act === "void-key" ? `The key ending ${values.key?.split(" ")[1]} of order ${values.key?.split(" ")[0]}` : "";
}

/** The form again, as it was filled. */
function back() {
  show("confirm", false);
  show("form");
  return el("reason", HTMLInputElement);
}

/** @param {string} path @param {() => Promise<void>} again */
async function carryOut(path, again) {
  /** @type {Acted | ActAsked} */
  let result;
  try {
    result = await send(path);
  } catch (failure) {
    if (failure instanceof NoAnswer) throw new Outdated("No answer from the server", "It may have been done or not. Load the page again and look at the timeline before you repeat it.", "reload");
    if (!(failure instanceof Refusal) || failure.status === 401 || failure.status >= 500) throw failure;
    if (failure.status === 409 || failure.status === 404 || failure.status === 410) await again().catch(() => {}); // somebody else was faster: what is shown is fresh
    back();
    showFailure(el("form", HTMLFormElement), failure);
    return;
  }
  el("form", HTMLFormElement).reset();
  box("done").replaceChildren(outcome(result));
  try {
    await again();
  } catch (failure) {
    showFailure(box("problem"), failure); // done all the same
  }
  arriveAt("done");
}

/** @param {string} path @returns {Promise<Acted | ActAsked>} */
function send(path) {
  const { act, reason, given_name, family_name } = chosen;
  if (act === "resend-keys") return call("POST", `/api/support/orders/${chosen.order}/acts`, { act, reason });
  if (act === "void-key") {
    const [number, last4] = (chosen.key ?? "").split(" ");
    return call("POST", `/api/support/orders/${number}/acts`, { act, reason, last4 });
  }
  return call("POST", `${path}/acts`, act === "confirm-name" ? { act, reason, given_name: given_name?.trim(), family_name: family_name?.trim() } : { act, reason });
}

/** @param {Acted | ActAsked} result */
function outcome(result) {
  if ("approval" in result) {
    const asked = alert("info", "Somebody else of support has to agree", "Nothing has changed yet. It waits at the support desk for 72 hours.");
    asked.querySelector(".usa-alert__body")?.append(h("p", { class: "usa-alert__text" }, link(`/support/approvals/${encodeURIComponent(result.approval.id)}`, "What waits")));
    return asked;
  }
  if (!result.changed) return alert("info", "It stood so already", "Somebody else did it before, or it was done by your first try. Nothing was changed now.");
  return alert("success", acts[result.act]?.done ?? "Done", "It is in the timeline, with your reason.");
}
