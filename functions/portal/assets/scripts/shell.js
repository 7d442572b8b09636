// @ts-check
/** What every page does: who is signed in and how strongly, the menu, the cart's count, signing out, the time limit. */
/** @import { Session } from "./contract.js" */
import { call, Refusal } from "./api.js";
import { cartCount } from "./cart-store.js";
import { box, el, h, link, show } from "./dom.js";
import { passwordToggles, showFailure, signInAgain } from "./form.js";
import { onDay, strengthName } from "./format.js";
import { watchTimeout } from "./timeout.js";
import { forgetTyped } from "./typed.js";

/** The session, or null when nobody is signed in. Asked once a page; the cookie itself is out of reach. @type {Promise<Session | null>} */
export const session = call("GET", "/api/session").then((s) => /** @type {Session} */ (s), (failure) => {
  if (failure instanceof Refusal && failure.status === 401) return null;
  throw failure;
});

/** The session of a page that needs one; without, the browser goes to the sign-in page. @returns {Promise<Session>} */
export async function signedIn() {
  const found = await session;
  if (found) return found;
  signInAgain();
  return new Promise(() => {}); // the page is being left
}

/**
 * Runs a page. What it throws before a form takes over is shown in #problem.
 * @param {() => Promise<void>} main
 */
export function start(main) {
  session.then(identify).catch(() => {}).finally(() => document.documentElement.classList.add("ready"));
  main().catch((failure) => {
    for (const line of document.querySelectorAll("[data-loading]")) line.remove();
    showFailure(box("problem"), failure);
  });
}

/** Shows who is signed in; called again when the strength changes. @param {Session | null} s */
export function identify(s) {
  show("identity-in", Boolean(s));
  show("identity-anon", !s);
  for (const part of document.querySelectorAll("[data-when]")) if (part instanceof HTMLElement) part.hidden = (part.dataset.when === "in") !== Boolean(s);
  if (!s) return;
  forgetTyped(s.user_id);
  for (const part of document.querySelectorAll("[data-role]")) if (part instanceof HTMLElement) part.hidden = !s.roles.some((role) => role === part.dataset.role);
  box("identity-name").textContent = s.name;
  const tag = box("identity-strength");
  tag.textContent = strengthName(s.strength);
  tag.classList.toggle("strength--otp", s.strength === "phone_otp");
  banner(s);
  watchTimeout(s, leave);
}

/** A line above the page when the credential is over or held. @param {Session} s */
function banner(s) {
  const state = s.credential?.state;
  const place = box("banner");
  place.replaceChildren();
  if (!s.credential || (state !== "expired" && state !== "frozen" && state !== "revoked")) return;
  const on = onDay(s.credential.expires_at);
  const what = {
    expired: s.credential.renewable ? [`Your credential expired on ${on}.`, " No code is asked for at sign-in, and protected applications stay shut until you ", link("/account/renew", "renew"), "."]
      : [`Your credential expired on ${on}.`, " No code is asked for at sign-in, and protected applications stay shut. Renewal is no longer possible: ", link("/store", "buy a brand-new credential"), ". A renewal that you have ordered already still counts: ", link("/account/otp", "Manage OTP"), "."],
    frozen: ["Your credential is frozen", ", because a change to your phones was reported or support decided so. No codes are sent and protected applications stay shut. ", link("/help/contact", "Contact support"), " to have it thawed."],
    revoked: ["Your credential has been revoked.", " ", link("/help/contact", "Contact support"), "."],
  }[state];
  const [first, ...rest] = what;
  place.append(h("section", { class: "usa-alert usa-alert--warning usa-alert--slim banner", "aria-label": "Credential notice" },
    h("div", { class: "usa-alert__body" }, h("p", { class: "usa-alert__text" }, h("strong", {}, first ?? ""), ...rest))));
}

async function leave() {
  forgetTyped();
  try {
    await call("DELETE", "/api/session");
  } catch (failure) {
    if (!(failure instanceof Refusal && failure.status === 401)) { // over already is as good as signed out
      showFailure(failurePlace(), failure);
      return;
    }
  }
  location.assign("/sign-in?why=out");
}

function failurePlace() {
  const place = h("div", { "data-problem": "" });
  box("banner").append(place);
  return place;
}

el("sign-out", HTMLButtonElement).addEventListener("click", () => void leave());
const menu = el("menu", HTMLButtonElement);
menu.addEventListener("click", () => menu.setAttribute("aria-expanded", String(menu.getAttribute("aria-expanded") !== "true")));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || menu.getAttribute("aria-expanded") !== "true") return;
  menu.setAttribute("aria-expanded", "false");
  menu.focus();
});
export function showCartCount() {
  const count = cartCount();
  box("cart-count").textContent = count ? `(${count})` : "";
}
showCartCount();
addEventListener("storage", showCartCount); // another tab
addEventListener("pageshow", showCartCount); // a page that was kept while the person was elsewhere
passwordToggles();
