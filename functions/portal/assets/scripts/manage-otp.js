// @ts-check
/** Manage OTP: status, renewal, phones and history of the credential. */
/** @import { Orders, Phones, Session } from "./contract.js" */
import { call } from "./api.js";
import { expiry, mayElevate, meaning, nextStep, proofedHow } from "./credential.js";
import { box, facts, h, link, loaded, say, show } from "./dom.js";
import { showFailure } from "./form.js";
import { onDay, productName, stateClass, stateName, strengthName } from "./format.js";
import { drawPhones, unchangeable } from "./phone-list.js";
import { drawRenewal } from "./renewal.js";
import { signedIn, start } from "./shell.js";

start(async () => {
  const s = await signedIn();
  const c = s.credential;
  if (!c) {
    loaded();
    show("none");
    return;
  }
  const { phones } = /** @type {Phones} */ (await call("GET", "/api/phones"));
  loaded();
  show("content");
  status(s);
  drawPhones(phones, c.state === "active");
  show("phones-rule", c.state === "active");
  const shut = unchangeable(c.state);
  say("phones-shut", shut);
  show("phones-shut", shut !== "");
  await Promise.all([apart("renewal-problem", () => drawRenewal(s)), apart("history-problem", history)]);
});

/** One part of the page may fail without the others. @param {string} place @param {() => Promise<void>} part */
async function apart(place, part) {
  try {
    await part();
  } catch (failure) {
    showFailure(box(place), failure);
  }
}

/** @param {Session} s */
function status(s) {
  const c = s.credential;
  if (!c) return;
  facts("facts", [
    ["Status", h("span", {}, h("strong", { class: stateClass(c.state) }, stateName(c.state)), h("span", { class: "status__meaning" }, meaning[c.state]))],
    [c.state === "expired" ? "Validity" : "Valid until", c.state === "revoked" ? null : expiry(s)], ["Date of purchase", onDay(c.purchased_at)], ["Product", productName(c.product)],
    ["Identity proofing", proofedHow(c) || (c.product.endsWith("-proofed") ? "Not done yet" : "Not part of this credential")], ["Strength of this session", strengthName(s.strength)],
  ]);
  const step = nextStep(s);
  if (step && c.state !== "active") box("next-step").append(step); // the hint about a second phone stands below the phones
  if (c.state === "frozen" || c.state === "revoked") box("next-step").append(h("p", {}, link("/help/contact", "Contact support", "usa-button")));
  show("elevate", mayElevate(s));
}

/** What this account bought, newest first. */
async function history() {
  const { orders } = /** @type {Orders} */ (await call("GET", "/api/orders"));
  show("history-none", orders.length === 0);
  show("history", orders.length > 0);
  box("history-rows").append(...orders.map((o) => h("tr", {},
    h("th", { scope: "row", class: "whole" }, onDay(o.placed_at)), h("td", { "data-label": "What" }, o.lines.map((l) => (l.quantity > 1 ? `${l.quantity} \u00d7 ` : "") + productName(l.product)).join(", ")),
    h("td", { class: "whole", "data-label": "Order" }, link(`/orders/${o.number}`, o.number)), h("td", { "data-label": "State" }, h("strong", { class: stateClass(o.state) }, stateName(o.state))))));
}
