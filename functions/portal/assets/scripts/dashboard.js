// @ts-check
/** @import { Application, Applications, Session } from "./contract.js" */
import { call } from "./api.js";
import { daysLeft, expiresSoon, expiry, mayElevate, nextStep, phoneLine, proofedHow } from "./credential.js";
import { box, facts, h, link, loaded, say, show } from "./dom.js";
import { onPress, showFailure, wayOn } from "./form.js";
import { exactly, onDay, productName, stateClass, stateName } from "./format.js";
import { askRenewal } from "./renewal.js";
import { signedIn, start } from "./shell.js";

start(async () => {
  const s = await signedIn();
  loaded();
  show("content");
  say("name", s.name);
  credential(s);
  void renewal(s);
  try {
    const { applications } = /** @type {Applications} */ (await call("GET", "/api/applications"));
    box("apps").append(...applications.map((a) => application(a)));
  } catch (failure) {
    showFailure(box("applications-problem"), failure);
  }
});

/** @param {Session} s */
function credential(s) {
  const c = s.credential;
  show("credential-none", !c);
  show("credential", Boolean(c));
  if (!c) return;
  say("product", productName(c.product));
  const tag = box("state");
  tag.textContent = stateName(c.state);
  tag.className = stateClass(c.state);
  facts("facts", [
    ["Bought", onDay(c.purchased_at)],
    [c.state === "expired" ? "Validity" : "Valid until", c.state === "expired" || expiresSoon(c.expires_at) ? expiry(s) : null],
    ["Phones", s.phones.map(phoneLine).join(", ") || null],
    ["Identity proofing", proofedHow(c)],
  ]);
  const step = nextStep(s);
  if (step) box("next-step").append(step);
  show("elevate", mayElevate(s));
  show("another-key", c.state === "expired" || c.state === "revoked");
  show("live", c.state === "active");
}

/** Near the end, or past it, what can be done about it; quiet when the question fails, since Manage OTP asks it again. @param {Session} s */
async function renewal(s) {
  const c = s.credential;
  if (!c || (c.state !== "active" && c.state !== "expired" && c.state !== "frozen") || !expiresSoon(c.expires_at)) return;
  const over = c.state === "expired";
  const place = box("ending");
  if (!over) place.replaceChildren(ending(c, link("/account/renew", "Renew", "usa-button")));
  else if (!c.renewable) box("next-step").replaceChildren(h("p", {}, link("/store", "Get 2FA", "usa-button")));
  try {
    const r = await askRenewal();
    if (r.open_order?.state === "placed") {
      const pay = link(`/orders/${r.open_order.number}`, "Continue payment", "usa-button");
      if (over) box("next-step").replaceChildren(h("p", {}, "Your renewal was ordered in time and still counts when it is paid."), h("p", {}, pay));
      else place.replaceChildren(ending(c, pay));
    } else if (!over && !r.eligible) place.replaceChildren();
    else if (over && r.eligible) box("next-step").replaceChildren(h("p", {}, link("/account/renew", "Renew", "usa-button")));
  } catch { /* what the session says stands */ }
}

/** @param {{expires_at: string}} c @param {HTMLElement} way */
function ending(c, way) {
  const days = daysLeft(c.expires_at);
  const when = days > 1 ? `in ${days} days` : "within 24 hours";
  return h("section", { class: "usa-alert usa-alert--warning ending", "aria-labelledby": "ending-heading" }, h("div", { class: "usa-alert__body" },
    h("h2", { class: "usa-alert__heading", id: "ending-heading" }, `Your credential expires ${when}`),
    h("p", { class: "usa-alert__text" }, `On ${exactly(c.expires_at)}. Afterwards only a brand-new credential can be bought. Renewing now loses no day: the new year begins when this one ends.`),
    h("p", { class: "ending__way" }, way)));
}

/** @param {Application} a */
function application(a) {
  const problem = h("div", { "data-problem": "" });
  const body = h("div", { class: "apps__body" }, h("h3", { class: "apps__name" }, a.name), h("p", { class: "apps__level" }, needs[a.level] ?? `Level ${a.level}`));
  if (!a.available) return h("li", { class: "apps__item apps__item--shut" }, body, h("p", { class: "apps__missing" }, h("strong", {}, "Login Requirements Not Met"), " ", wayOn(a.missing) ?? link(`/applications/${encodeURIComponent(a.id)}`, "What is missing?")), problem);
  const open = /** @type {HTMLButtonElement} */ (h("button", { type: "button", class: "usa-button", "data-busy": "Opening\u2026", "aria-label": `Open ${a.name}` }, "Open"));
  const item = h("li", { class: "apps__item" }, body, open, problem);
  onPress(open, item, async () => {
    const { url } = /** @type {import("./contract.js").Launched} */ (await call("POST", `/api/applications/${encodeURIComponent(a.id)}/launch`));
    location.assign(url);
  });
  return item;
}

/** @type {Record<number, string>} */
const needs = { 1: "Level 1: password", 2: "Level 2: Phone OTP", 3: "Level 3: Phone OTP with identity proofing" };
