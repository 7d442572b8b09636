// @ts-check
/** How instants, money and the contract's words are shown. People see their own time zone. */

const day = new Intl.DateTimeFormat("en-US", { dateStyle: "long" });
const moment = new Intl.DateTimeFormat("en-US", { dateStyle: "medium", timeStyle: "short" });
const clock = new Intl.DateTimeFormat("en-US", { hour: "numeric", minute: "2-digit", second: "2-digit" });

/** @param {string | number} instant */
export const onDay = (instant) => day.format(new Date(instant));
/** @param {string} instant */
export const at = (instant) => moment.format(new Date(instant));

const zoned = new Intl.DateTimeFormat("en-US", { year: "numeric", month: "long", day: "numeric", hour: "numeric", minute: "2-digit", timeZoneName: "short" });

/** To the minute and with the reader's zone, for what ends or begins then. @param {string | number} instant */
export const exactly = (instant) => zoned.format(new Date(instant));

/** The time of the day, to the second. @param {string | number} instant */
export const toTheSecond = (instant) => clock.format(new Date(instant));

/** "3:04:05 PM" on the day of another instant; on any other day as exactly. @param {string} instant @param {string | number} other */
export const near = (instant, other) => (onDay(instant) === day.format(new Date(other)) ? toTheSecond(instant) : exactly(instant));

/** "at 3:04:05 PM" today, "on Nov 26, 2026, 3:04 PM" on another day. @param {number} milliseconds since 1970 @param {number} now likewise */
export function atTime(milliseconds, now) {
  return day.format(milliseconds) === day.format(now) ? `at ${clock.format(milliseconds)}` : `on ${moment.format(milliseconds)}`;
}

/** @param {{amount: number, currency: string}} price */
export function money(price) {
  const shown = new Intl.NumberFormat("en-US", { style: "currency", currency: price.currency });
  return shown.format(price.amount / 10 ** (shown.resolvedOptions().maximumFractionDigits ?? 2));
}

/** 95,000 ms is "1:35"; never below zero. @param {number} milliseconds */
export function minutes(milliseconds) {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** @param {number} milliseconds */
export function inSeconds(milliseconds) {
  const seconds = Math.max(1, Math.ceil(milliseconds / 1000));
  if (seconds < 120) return `in ${seconds} second${seconds === 1 ? "" : "s"}`;
  if (seconds < 7200) return `in ${Math.ceil(seconds / 60)} minutes`;
  if (seconds < 172_800) return `in ${Math.ceil(seconds / 3600)} hours`;
  return `in ${Math.ceil(seconds / 86_400)} days`;
}

/** @param {string} strength */
export const strengthName = (strength) => (strength === "phone_otp" ? "Phone OTP" : "Password");

/** @param {string} payment */
export const methodName = (payment) => (payment === "invoice" ? "Invoice" : "Card");

/** @param {string} channel */
export const channelName = (channel) => (channel === "voice" ? "Voice Only" : "Text Message");

/** Product names as the catalog has them, for products bought in earlier catalogs too. @type {Record<string, string>} */
const products = {
  "us-proofed": "Phone Based OTP - 1 Year (US Phone Service Only) with Proofing",
  us: "Phone Based OTP - 1 Year (US Phone Service Only) without Proofing",
  "intl-proofed": "International Phone Based OTP - 1 Year (Non-US Phone Service Only) with Proofing",
  intl: "International Phone Based OTP - 1 Year (Non-US Phone Service Only) without Proofing",
};

/** @param {string} code */
export function productName(code) {
  const name = products[code.replace(/^renew-/, "")];
  if (!name) return code;
  return code.startsWith("renew-") ? `Renewal: ${name}` : name;
}

/** The contract's states in words, and the colour of their tag. @type {Record<string, [string, string]>} */
const states = {
  // credential
  registered: ["Registered", "wait"], proofing: ["Proofing", "wait"], proofed: ["Identity proofed", "wait"], active: ["Active", "good"],
  expired: ["Expired", "bad"], frozen: ["Frozen", "bad"], revoked: ["Revoked", "bad"],
  // order
  placed: ["Awaiting payment", "wait"], paid: ["Paid, being checked", "wait"], fulfilled: ["Fulfilled", "good"], cancelled: ["Cancelled", "off"], refunded: ["Refunded", "off"], disputed: ["Disputed", "bad"],
  // video session
  booked: ["Booked", "wait"], claimed: ["Claimed", "wait"], passed: ["Passed", "good"], failed: ["Failed", "bad"], incomplete: ["Not finished", "off"], "no-show": ["Nobody came", "off"],
  "second-approval": ["Second agent needed", "wait"], fraud: ["Fraud suspected", "bad"], over: ["Nobody ended it", "off"],
  // license key
  issued: ["Not used yet", "good"], entered: ["Entered", "off"], activated: ["In use", "off"], suspended: ["Suspended", "bad"], void: ["Void", "bad"],
};

/** @param {string} state */
export const stateName = (state) => states[state]?.[0] ?? state;
/** @param {string} state */
export const stateClass = (state) => `usa-tag tag--${states[state]?.[1] ?? "off"}`;

/** A phone as people know it: "ending 0123". @param {{ending: string, channel: string}} phone */
export const phoneName = (phone) => `Phone ending ${phone.ending}`;
