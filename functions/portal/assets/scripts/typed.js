// @ts-check
/**
 * What a person has typed into a form with a billing address, kept for this tab until it is sent: a session that ends
 * meanwhile loses nothing. Other people may use this browser too, so it is the typing account's alone: it goes when that
 * signs out here or in another tab, when another account is signed in, and after the time that a session lasts at most.
 * Forms with passwords, codes or license keys are not kept.
 */
import { box } from "./dom.js";

const prefix = "phoneotp.typed.";
const keptFor = 8 * 3_600_000; // milliseconds (product.md 7: 8 h absolute)

/** @typedef {{who: string, at: number, open: boolean, values: Record<string, string>}} Typed */

/**
 * Brings back what this account has typed into the form of this page, and keeps what it types from now on. Returns
 * what forgets it, for when it was sent.
 * @param {HTMLFormElement} form @param {string} who the account's user ID
 */
export function keepTyped(form, who) {
  const place = prefix + location.pathname;
  const untouched = JSON.stringify(state(form));
  const found = kept(place);
  if (found?.who === who) bringBack(form, found);
  let sent = false;
  const keep = () => {
    const now = state(form);
    if (sent || JSON.stringify(now) === untouched) forget(place);
    else write(place, { who, at: Date.now(), ...now });
  };
  for (const kind of ["input", "change", "click"]) form.addEventListener(kind, keep); // a click may open the address
  return () => { sent = true; forget(place); };
}

/** Somebody signs out: nothing that was typed stays. @param {string} [but] the user ID of an account whose own does */
export function forgetTyped(but) {
  try {
    for (const place of Object.keys(sessionStorage)) if (place.startsWith(prefix) && (!but || kept(place)?.who !== but)) forget(place);
  } catch { /* a browser that keeps nothing has nothing to forget */ }
}

/** @param {HTMLFormElement} form */
function state(form) {
  /** @type {Record<string, string>} */
  const values = {};
  for (const field of fields(form)) if (!isRadio(field) || field.checked) values[field.name] = field.value;
  return { open: !box("billing-form").hidden, values };
}

/** @param {HTMLFormElement} form @param {Typed} typed */
function bringBack(form, { open, values }) {
  for (const field of fields(form)) {
    const value = values[field.name];
    if (value === undefined) continue;
    if (isRadio(field)) field.checked ||= field.value === value;
    else if (field instanceof HTMLInputElement || [...field.options].some((o) => o.value === value)) field.value = value;
  }
  if (!open) return;
  box("billing-view").hidden = true;
  box("billing-form").hidden = false;
}

/** @typedef {HTMLInputElement | HTMLSelectElement} Field */
/** @param {HTMLFormElement} form @returns {Field[]} */
const fields = (form) => [...form.elements].filter((e) => e instanceof HTMLInputElement || e instanceof HTMLSelectElement).filter((e) => e.name !== "");

/** @param {Field} field @returns {field is HTMLInputElement} */
const isRadio = (field) => field.type === "radio";

/** What was kept, as far as it can be that: anybody may have written there. @param {string} place @returns {Typed | null} */
function kept(place) {
  try {
    const found = JSON.parse(sessionStorage.getItem(place) ?? "null");
    if (typeof found?.who !== "string" || !(Math.abs(Date.now() - found.at) < keptFor) || typeof found.values !== "object" || found.values === null) return null;
    const values = Object.fromEntries(Object.entries(found.values).filter(([, value]) => typeof value === "string"));
    return { who: found.who, at: found.at, open: found.open === true, values };
  } catch { // unreadable: as good as nothing
    return null;
  }
}

/** @param {string} place @param {Typed} typed */
function write(place, typed) {
  try {
    sessionStorage.setItem(place, JSON.stringify(typed));
  } catch { /* full or forbidden: as without it */ }
}

/** @param {string} place */
function forget(place) {
  try {
    sessionStorage.removeItem(place);
  } catch { /* likewise */ }
}
