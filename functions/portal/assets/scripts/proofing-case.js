// @ts-check
/** What the proofing pages share: tries left, the name and the consent to confirm, times in a zone. */
/** @import { Account, Appointment, ProofingCase } from "./contract.js" */
import { call } from "./api.js";
import { box, h } from "./dom.js";

/** A session lasts half an hour; its room opens 10 minutes before and closes 30 minutes after the end; a booking can be changed until an hour before (product.md 4). Milliseconds. */
export const lasts = 30 * 60_000, opensBefore = 10 * 60_000, closesAfter = 30 * 60_000, changesBefore = 60 * 60_000;

/** @param {number} left */
export const attempts = (left) => (left === 1 ? "One more failure voids the license key." : `${left} more failures void the license key.`);

/** Shows the name to confirm. @returns {Promise<Account>} */
export async function nameToConfirm() {
  const account = /** @type {Account} */ (await call("GET", "/api/account"));
  for (const place of document.querySelectorAll("[data-name]")) place.textContent = `${account.given_name} ${account.family_name}`;
  return account;
}

/** @param {ProofingCase} c */
export function consentText(c) {
  box("consent-text").append(...c.consent.text.split("\n\n").map((text) => h("p", {}, text)));
}

/** @param {ProofingCase} c */
export const consent = (c) => ({ accepted: true, text_version: c.consent.text_version });

/** The zone of this device. */
export const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** @param {string} zone @param {Intl.DateTimeFormatOptions} options @returns {(instant: string) => string} */
export function inZone(zone, options) {
  const format = new Intl.DateTimeFormat("en-US", { ...options, timeZone: zone });
  return (instant) => format.format(new Date(instant));
}

/** "Wednesday, December 2, 2026 at 10:00 AM MST". @param {Pick<Appointment, "starts_at" | "zone">} a */
export const sessionTime = (a) => inZone(a.zone, { weekday: "long", year: "numeric", month: "long", day: "numeric", hour: "numeric", minute: "2-digit", timeZoneName: "short" })(a.starts_at);

/** The date in a zone as the contract writes it. @param {string} zone @param {number} milliseconds since 1970 */
export function dateIn(zone, milliseconds) {
  return new Intl.DateTimeFormat("en-CA", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" }).format(milliseconds);
}
