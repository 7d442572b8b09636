// @ts-check
/** Forms: sending once, showing what is wrong next to its field, and a summary that takes the focus. */
import { NoAnswer, Refusal, serverNow } from "./api.js";
import { h, link } from "./dom.js";
import { atTime, inSeconds } from "./format.js";

const offline = "We could not reach the server. Check your connection and try again. If the same happens again, wait a minute.";

/** What this page found wrong before it asked the server. */
export class Incomplete extends Error {
  /** @param {Array<{pointer: string, detail: string}>} errors */
  constructor(errors) {
    super("There is a problem");
    this.errors = errors;
  }
}

/** What was shown is not true any more: the person looks again before anything is sent. */
export class Outdated extends Error {
  /** @param {string} title @param {string} detail @param {string} [next] as a problem document's */
  constructor(title, detail, next) {
    super(title);
    this.detail = detail;
    this.next = next;
  }
}

/** Where a problem document's next hint leads. @type {Record<string, [string, string]>} */
const ways = {
  "sign-in": ["/sign-in", "Sign in"], elevate: ["/code", "Elevate Credential Strength"], "enter-otp": ["/code", "Enter a code"],
  "choose-product": ["/store", "Get 2FA"], redeem: ["/redeem", "Enter a license key"], "register-phone": ["/phones/register", "Register Your Phone"],
  prove: ["/proofing", "Prove your identity"], instant: ["/proofing/instant", "Answer questions"], video: ["/proofing/booking", "Use live video"],
  "choose-method": ["/proofing", "Choose how to go on"], "activation-code": ["/proofing/activation", "Enter the activation code"], "contact-support": ["/help/contact", "Contact support"],
  "confirm-email": ["/check-your-mail", "Send the link again"], renew: ["/account/otp", "Manage OTP"], cart: ["/cart", "Look at your cart"],
};

/** Rules that a code satisfies though the session is at Phone OTP strength: there is nothing to elevate. */
const again = ["otp-not-fresh", "phone-too-new"];

/** @param {string | undefined} next @param {string} [code] of the refusal that says so @returns {HTMLElement | null} */
export function wayOn(next, code = "") {
  if (next === "reload") return link(location.pathname, "Load the page again");
  const way = next ? ways[next] : undefined;
  if (!way) return null;
  const back = next === "elevate" || next === "enter-otp" ? `?then=${encodeURIComponent(location.pathname + location.search)}` : "";
  return link(way[0] + back, again.includes(code) ? "Enter a code again" : way[1]);
}

/**
 * Sends a form once at a time. What act throws is shown at its place.
 * @param {HTMLFormElement} form @param {(values: Record<string, string>) => Promise<unknown>} act
 */
export function onSubmit(form, act) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const button = event.submitter instanceof HTMLButtonElement ? event.submitter : form.querySelector("button[type=submit]");
    void whileBusy(/** @type {HTMLButtonElement} */ (button), form, async () => {
      const missing = unfilled(form);
      if (missing.length) throw new Incomplete(missing);
      await act(values(form));
    });
  });
}

/**
 * A button outside a form's submit does its work once at a time; what fails is shown in place.
 * @param {HTMLButtonElement} button @param {HTMLElement} place @param {() => Promise<unknown>} act
 */
export function onPress(button, place, act) {
  button.addEventListener("click", () => void whileBusy(button, place, act));
}

/** @param {HTMLButtonElement} button @param {HTMLElement} place @param {() => Promise<unknown>} act */
async function whileBusy(button, place, act) {
  if (place.dataset.busy || button.getAttribute("aria-disabled") === "true") return;
  place.dataset.busy = "yes";
  const label = button.textContent ?? "";
  button.setAttribute("aria-disabled", "true");
  if (button.dataset.busy) button.textContent = button.dataset.busy;
  clear(place);
  try {
    await act();
  } catch (failure) {
    showFailure(place, failure);
  } finally {
    delete place.dataset.busy;
    button.removeAttribute("aria-disabled");
    if (button.textContent === button.dataset.busy) button.textContent = label;
  }
}

/** @param {HTMLFormElement} form @returns {Record<string, string>} */
function values(form) {
  /** @type {Record<string, string>} */
  const found = {};
  for (const [name, value] of new FormData(form)) if (typeof value === "string") found[name] = value;
  return found;
}

/** Fields that say data-missing must not be empty, unless they are hidden. @param {HTMLFormElement} form */
function unfilled(form) {
  /** @type {Array<{pointer: string, detail: string}>} */
  const errors = [];
  for (const field of form.querySelectorAll("[data-missing]")) {
    if (!isField(field) || filled(field) || field.closest("[hidden]")) continue;
    errors.push({ pointer: "/" + field.name.replaceAll(".", "/"), detail: field.dataset.missing ?? "" });
  }
  return errors;
}

/** @param {Field} field */
const filled = (field) => (field instanceof HTMLInputElement && field.type === "checkbox" ? field.checked : field.value.trim() !== "");

/** @typedef {HTMLInputElement | HTMLSelectElement} Field */
/** @param {unknown} x @returns {x is Field} */
const isField = (x) => x instanceof HTMLInputElement || x instanceof HTMLSelectElement;

/** The place that a form or a page keeps for its summary. @param {HTMLElement} place */
const summaryPlace = (place) => /** @type {HTMLElement} */ (place.matches("[data-problem]") ? place : place.querySelector("[data-problem]"));

/** Takes away what the last attempt showed. @param {HTMLElement} place */
export function clear(place) {
  summaryPlace(place)?.replaceChildren();
  for (const message of place.querySelectorAll(".usa-error-message")) message.remove();
  for (const name of ["usa-form-group--error", "usa-label--error", "usa-input--error"])
    for (const marked of place.querySelectorAll("." + name)) marked.classList.remove(name);
  for (const field of place.querySelectorAll("[aria-invalid]")) {
    field.removeAttribute("aria-invalid");
    describe(field, (ids) => ids.filter((id) => !id.endsWith("-error")));
  }
  document.title = document.title.replace(/^Error: /, "");
}

/** @param {Element} field @param {(ids: string[]) => string[]} change */
function describe(field, change) {
  const ids = change((field.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean));
  if (ids.length) field.setAttribute("aria-describedby", ids.join(" "));
  else field.removeAttribute("aria-describedby");
}

/**
 * Shows a failure: each error next to its field, everything in a summary that takes the focus.
 * @param {HTMLElement} place a form, or an element with data-problem @param {unknown} failure
 */
export function showFailure(place, failure) {
  if (failure instanceof Refusal && failure.status === 401 && failure.code !== "sign-in-failed") return signInAgain();
  /** @type {HTMLElement[]} */
  const items = [];
  let title = "There is a problem";
  /** @type {Array<Node | string | null>} */
  let text = [];
  if (failure instanceof Incomplete) {
    for (const e of failure.errors) items.push(item(place, e));
  } else if (failure instanceof Refusal) {
    const { document: problem } = failure;
    for (const e of problem.errors ?? ruleOfField(place, problem)) items.push(item(place, e));
    title = items.length ? title : titleOfRule[problem.rule ?? ""] ?? problem.title;
    text = [items.length ? "" : problem.detail ?? "", waiting(problem), aside(wayOn(problem.next, problem.code))];
    if (failure.status >= 500) text.push(h("span", { class: "small" }, ` If it happens again, tell support: ${problem.instance}`));
  } else if (failure instanceof Outdated) {
    title = failure.message;
    text = [failure.detail, aside(wayOn(failure.next))];
  } else if (failure instanceof NoAnswer) {
    title = "No answer from the server";
    text = [offline];
  } else {
    title = "Something went wrong on this page";
    text = ["Load the page again. If it happens again, contact support."];
    console.error(failure);
  }
  const summary = h("div", { class: "usa-alert usa-alert--error", tabindex: "-1", role: "alert" }, h("div", { class: "usa-alert__body" },
    h("h2", { class: "usa-alert__heading" }, title),
    items.length ? h("ul", { class: "usa-list problem-list" }, ...items) : null,
    text.some((t) => t) ? h("p", { class: "usa-alert__text" }, ...text) : null));
  summaryPlace(place).replaceChildren(summary);
  summary.focus();
  if (!document.title.startsWith("Error: ")) document.title = "Error: " + document.title;
}

/** Limits that are not the person's own doing, though they share a code with those that are. @type {Record<string, string>} */
const titleOfRule = {
  address: "Too many codes were asked for from your network", prefix: "Codes to numbers like this one are paused",
  country: "Codes to new numbers of this country are paused", spend: "No more codes can be sent today",
};

/** @param {HTMLElement | null} way */
const aside = (way) => (way ? h("span", {}, " ", way) : null);

/** @param {import("./contract.js").Problem} problem */
function waiting(problem) {
  if (!problem.retry_at) return null;
  const at = Date.parse(problem.retry_at);
  if (at <= serverNow()) return null;
  return ` You can try again ${inSeconds(at - serverNow())}, ${atTime(at, serverNow())}.`;
}

/** Rules that are about one field, though their documents name none. @type {Record<string, string>} */
const fieldOfRule = {
  "search-too-short": "/q", "user-id-taken": "/user_id", "license-typing-error": "/license_key", "license-unknown": "/license_key", "license-void": "/license_key",
  "license-suspended": "/license_key", "activation-code-wrong": "/code", "phone-duplicate": "/number", "phone-invalid": "/number", "phone-not-usable": "/number", "phone-wrong-region": "/number",
};

/** @param {HTMLElement} place @param {import("./contract.js").Problem} problem */
function ruleOfField(place, problem) {
  const pointer = fieldOfRule[problem.code];
  return pointer && place.querySelector(`[name="${pointer.slice(1)}"]`) ? [{ pointer, detail: problem.detail ? `${problem.title}. ${problem.detail}` : problem.title }] : [];
}

/** "is required" needs its subject: the field's label. @param {Element | undefined} field @param {string} detail */
function sentence(field, detail) {
  const label = isField(field) ? field.labels?.[0]?.firstChild?.textContent?.trim() : "";
  if (label && /^[a-z]/.test(detail)) return `${label} ${detail}`;
  return detail.charAt(0).toUpperCase() + detail.slice(1);
}

/** One line of the summary, and the message beside its field. @param {HTMLElement} place @param {{pointer: string, detail: string}} error */
function item(place, error) {
  const name = error.pointer.replace(/^#?\//, "").replaceAll("/", ".");
  const field = [...place.querySelectorAll("input, select")].find((f) => isField(f) && f.name === name);
  const group = field?.closest(".usa-form-group") ?? [...place.querySelectorAll("[data-pointer]")].find((g) => g instanceof HTMLElement && g.dataset.pointer === error.pointer);
  const detail = sentence(field, error.detail);
  if (!(group instanceof HTMLElement)) return h("li", {}, detail);
  group.classList.add("usa-form-group--error");
  const target = isField(field) && field.type !== "radio" ? field : group.querySelector("input");
  const id = `${target?.id}-error`;
  if (!document.getElementById(id)) {
    const message = h("span", { class: "usa-error-message", id }, detail);
    if (isField(field) && field.type !== "radio") {
      field.before(message);
      if (field.type !== "checkbox") field.classList.add("usa-input--error");
      group.querySelector("label")?.classList.add("usa-label--error");
    } else group.querySelector("legend")?.after(message);
  }
  target?.setAttribute("aria-invalid", "true");
  if (target) describe(target, (ids) => [id, ...ids]);
  const jump = h("a", { href: "#" + target?.id, class: "usa-link" }, detail);
  jump.addEventListener("click", (event) => { event.preventDefault(); target?.focus(); });
  return h("li", {}, jump);
}

/** The session is over: sign in and come back here. */
export function signInAgain() {
  const here = location.pathname + location.search;
  location.assign(`/sign-in?why=ended&then=${encodeURIComponent(here)}`);
}

/**
 * Where to go after signing in: a path of this site and nothing else.
 * @param {string} fallback
 */
export function destination(fallback) {
  const then = new URLSearchParams(location.search).get("then");
  if (!then) return fallback;
  const url = new URL(then, location.origin);
  return url.origin === location.origin && then.startsWith("/") ? url.pathname + url.search : fallback;
}

/** Buttons that show what was typed into password fields. */
export function passwordToggles() {
  for (const button of document.querySelectorAll("[data-shows]")) {
    if (!(button instanceof HTMLButtonElement)) continue;
    button.addEventListener("click", () => {
      const shown = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(shown));
      for (const id of (button.dataset.shows ?? "").split(" ")) {
        const field = document.getElementById(id);
        if (field instanceof HTMLInputElement) field.type = shown ? "text" : "password";
      }
    });
  }
}
