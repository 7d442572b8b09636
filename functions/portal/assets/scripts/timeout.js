// @ts-check
/**
 * The session's time limit: a warning two minutes before, and one way to stay. The server decides; asking for the
 * session does not move its clock. Tabs tell each other when something moved it, or when somebody signed out.
 */
/** @import { Session } from "./contract.js" */
import { call, onAnswer, Refusal, serverNow } from "./api.js";
import { box, el } from "./dom.js";
import { minutes } from "./format.js";
import { forgetTyped } from "./typed.js";

const warning = 120_000; // milliseconds before the end (product.md 7: warning at 13 of 15 minutes)
const spoken = [60, 20]; // seconds left at which the dialog speaks, not every second
let timer = 0;
let ticking = 0;
let fixed = false; // the end is the eight-hour limit, which nothing moves
let told = false; // and the person knows
let watching = false; // somebody is signed in here
const tabs = new BroadcastChannel("phoneotp.session");
const still = /^\/api\/(session$|otp\/challenges\/|orders\/)/; // reading these does not move the idle clock (product.md 7)

onAnswer((method, path) => {
  if (method === "DELETE" && path === "/api/session") tabs.postMessage("out");
  else if (method !== "GET" || !still.test(path)) tabs.postMessage("moved");
});
tabs.onmessage = ({ data }) => {
  if (!watching) return;
  if (data === "out") void look("out");
  else if (el("timeout", HTMLDialogElement).open) void look(); // a tab that warns of nothing asks when its time comes
};

/** @param {Session} session @param {() => void} leave */
export function watchTimeout(session, leave) {
  watching = true;
  arm(session);
  const stay = el("timeout-stay", HTMLButtonElement);
  stay.onclick = () => void stayOn();
  el("timeout-leave", HTMLButtonElement).onclick = leave;
  el("timeout", HTMLDialogElement).oncancel = () => void stayOn(); // Escape means: I am here
  document.onvisibilitychange = () => { if (!document.hidden) void look(); }; // a sleeping device's timers stood still
}

/** When the session ends. @param {Session} s */
function end(s) {
  const idle = Date.parse(s.idle_expires_at), absolute = Date.parse(s.expires_at);
  fixed = absolute <= idle;
  return Math.min(idle, absolute);
}

/** @param {Session} s */
function arm(s) {
  clearTimeout(timer);
  const left = end(s) - serverNow();
  if (left <= warning && !(fixed && told)) warn(s);
  else if (left <= warning) timer = window.setTimeout(() => void look(), Math.max(1_000, left));
  else timer = window.setTimeout(() => void look(), left - warning);
}

/** Other tabs may have moved the clock: ask before warning. @param {"idle" | "out"} [why] what to say if the session is over */
async function look(why = "idle") {
  try {
    const s = /** @type {Session} */ (await call("GET", "/api/session"));
    if (end(s) - serverNow() > warning) close();
    arm(s);
  } catch (failure) {
    if (failure instanceof Refusal && failure.status === 401) over(why);
    else timer = window.setTimeout(() => void look(), 5_000);
  }
}

/** @param {Session} s */
function warn(s) {
  const dialog = el("timeout", HTMLDialogElement);
  const at = end(s);
  el("timeout-stay", HTMLButtonElement).textContent = fixed ? "Continue until then" : "Stay signed in";
  box("timeout-why").textContent = fixed ? "because a session lasts at most eight hours." : "because nothing has happened here for a while.";
  if (!dialog.open) dialog.showModal();
  clearInterval(ticking);
  const tick = () => {
    const left = at - serverNow();
    box("timeout-left").textContent = minutes(left);
    const seconds = Math.ceil(left / 1000);
    if (spoken.includes(seconds)) box("timeout-said").textContent = `${seconds} seconds left`;
    if (left <= 0) { clearInterval(ticking); void look(); }
  };
  tick();
  ticking = window.setInterval(tick, 1000);
}

async function stayOn() {
  close();
  told = fixed;
  try {
    await call("GET", "/api/account"); // any request but GET of session, challenge and order moves the idle clock
  } catch (failure) {
    if (failure instanceof Refusal && failure.status === 401) return over();
  }
  timer = window.setTimeout(() => void look(), 1_000);
}

function close() {
  clearInterval(ticking);
  const dialog = el("timeout", HTMLDialogElement);
  if (dialog.open) dialog.close();
}

/** @param {"idle" | "out"} [why] */
function over(why = "idle") {
  if (why === "out") forgetTyped();
  const here = location.pathname + location.search;
  location.assign(`/sign-in?why=${why}&then=${encodeURIComponent(here)}`);
}
