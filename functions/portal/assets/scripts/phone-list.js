// @ts-check
/** The registered phones of Manage OTP: what each is, replacing one, removing one after asking. */
/** @import { Phone, Phones } from "./contract.js" */
import { call, Refusal } from "./api.js";
import { mostPhones, newUntil, recommended } from "./credential.js";
import { box, buttons, h, say, show } from "./dom.js";
import { onPress } from "./form.js";
import { channelName, exactly, onDay, phoneName } from "./format.js";

const asked = "remove"; // the query says whose removal is being asked about, so that a way round by a code comes back to it

/**
 * Draws the phones; with acts only while the credential allows changes.
 * @param {Phone[]} phones @param {boolean} changeable
 */
export function drawPhones(phones, changeable) {
  const wanted = new URLSearchParams(location.search).get(asked);
  box("phones").replaceChildren(...phones.map((p) => item(p, phones, changeable)));
  say("phones-hint", changeable || phones.length === 0 ? hint(phones) : "");
  show("add", changeable && phones.length < mostPhones);
  const sole = changeable && phones.length === 1;
  show("phones-last", sole);
  const named = phones.find((p) => p.id === wanted);
  if (wanted && changeable && named && !sole) ask(named, phones);
  else if (wanted) forget();
}

/** @param {Phone[]} phones */
function hint(phones) {
  if (phones.length === 0) return "No phone is registered.";
  if (phones.length < recommended) return "Only one phone is registered. Two or more are recommended: without any phone you cannot sign in with a code.";
  return phones.length < mostPhones ? `${phones.length} of ${mostPhones} phones are registered.` : `${mostPhones} phones are registered, which is the most. Replace or remove one to make room.`;
}

/** @param {Phone} p @param {Phone[]} all @param {boolean} changeable */
function item(p, all, changeable) {
  const until = changeable ? newUntil(p) : null;
  const soft = until !== null && all.some((other) => newUntil(other) === null); // all that new: none is held back
  const what = h("div", { class: "phones__what" }, h("p", {}, h("strong", {}, phoneName(p))),
    h("p", { class: "small" }, `${channelName(p.channel)}, ${country.of(p.country) ?? p.country}, added ${onDay(p.added_at)}`),
    soft ? h("p", { class: "small" }, `New: after signing in with it, other phones can be replaced or removed only from ${exactly(until)}.`) : null);
  if (!changeable) return h("li", { class: "phones__item" }, what);
  const replace = h("a", { href: `/phones/register?replaces=${encodeURIComponent(p.id)}`, class: "usa-button usa-button--outline", "aria-label": `Replace the phone ending ${p.ending}` }, "Replace");
  const acts = h("div", { class: "phones__acts" }, replace);
  if (all.length > 1) {
    const remove = h("button", { type: "button", class: "usa-button usa-button--outline", "aria-label": `Remove the phone ending ${p.ending}` }, "Remove");
    remove.addEventListener("click", () => ask(p, all, true));
    acts.append(remove);
  }
  return h("li", { class: "phones__item", "data-phone": p.id }, what, acts, h("div", { class: "phones__asked" }));
}

const country = new Intl.DisplayNames(["en"], { type: "region" });

/** The step before a removal; one at a time. @param {Phone} p @param {Phone[]} all @param {boolean} [focus] */
function ask(p, all, focus = false) {
  for (const open of box("phones").querySelectorAll(".phones__asked")) open.replaceChildren();
  for (const acts of box("phones").querySelectorAll(".phones__acts")) /** @type {HTMLElement} */ (acts).hidden = false;
  const row = box("phones").querySelector(`[data-phone="${CSS.escape(p.id)}"]`);
  const place = /** @type {HTMLElement} */ (row?.querySelector(".phones__asked"));
  /** @type {HTMLElement} */ (row?.querySelector(".phones__acts")).hidden = true;
  history.replaceState(null, "", `${location.pathname}?${asked}=${encodeURIComponent(p.id)}`);
  const remove = /** @type {HTMLButtonElement} */ (h("button", { type: "button", class: "usa-button usa-button--secondary", "data-busy": "Removing\u2026" }, "Remove this phone"));
  const keep = h("button", { type: "button", class: "usa-button usa-button--outline" }, "Keep it");
  const left = all.length - 1;
  const step = h("div", { class: "confirm", role: "group", "aria-labelledby": "confirm-heading", tabindex: "-1" }, h("div", { "data-problem": "" }),
    h("h3", { id: "confirm-heading" }, `Remove the phone ending ${p.ending}?`),
    h("p", {}, `It receives no more codes. We tell you by mail and by text to your other phones. ${left === 1 ? "One phone is left then; two or more are recommended. To change a number, replace it instead." : `${left} phones are left then.`}`),
    buttons(remove, keep));
  place.append(step);
  onPress(remove, step, () => removed(p));
  keep.addEventListener("click", () => {
    forget();
    drawPhones(all, true);
    /** @type {HTMLElement | null} */ (box("phones").querySelector(`[data-phone="${CSS.escape(p.id)}"] button`))?.focus();
  });
  if (focus) step.focus();
}

/** @param {Phone} p */
async function removed(p) {
  let text = `The phone ending ${p.ending} was removed. It receives no more codes.`;
  try {
    await call("DELETE", `/api/phones/${encodeURIComponent(p.id)}`);
  } catch (failure) {
    if (!(failure instanceof Refusal && failure.code === "phone-unknown")) throw failure;
    text = `The phone ending ${p.ending} is not registered any more.`; // a repeat after a lost answer finds it gone
  }
  forget();
  const { phones } = /** @type {Phones} */ (await call("GET", "/api/phones"));
  drawPhones(phones, true);
  say("said", text);
  box("phones-section").focus();
}

function forget() {
  history.replaceState(null, "", location.pathname);
}

/** For credentials that may not be changed: why. @param {string} state */
export const unchangeable = (state) => ({
  frozen: "Phones cannot be changed while the credential is frozen.",
  expired: "Phones cannot be changed any more: the credential has expired.",
  revoked: "Phones cannot be changed any more: the credential has been revoked.",
})[state] ?? "";
