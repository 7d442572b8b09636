// @ts-check
/** @import { Application, Applications, Session } from "./contract.js" */
import { call } from "./api.js";
import { expiresSoon, expiry, mayElevate, nextStep, phoneLine, proofedHow } from "./credential.js";
import { box, facts, h, link, loaded, say, show } from "./dom.js";
import { onPress, showFailure, wayOn } from "./form.js";
import { onDay, productName, stateClass, stateName } from "./format.js";
import { signedIn, start } from "./shell.js";

start(async () => {
  const s = await signedIn();
  loaded();
  show("content");
  say("name", s.name);
  credential(s);
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
