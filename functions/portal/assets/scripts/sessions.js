// @ts-check
/** The own live sessions: ending one, ending all others, signing out here. */
/** @import { SessionEntry, Sessions } from "./contract.js" */
import { call, Refusal } from "./api.js";
import { box, el, h, loaded, say, show } from "./dom.js";
import { onPress } from "./form.js";
import { at, strengthName } from "./format.js";
import { signedIn, start } from "./shell.js";

start(async () => {
  await signedIn();
  await draw();
  loaded();
  show("content");
  onPress(el("end-others", HTMLButtonElement), box("problem"), async () => {
    try {
      for (const s of (await list()).filter((e) => !e.current)) await end(s);
    } finally {
      await draw(); // whatever was reached is shown
    }
    told("All other sessions have ended.");
  });
});

const list = async () => /** @type {Sessions} */ (await call("GET", "/api/sessions")).sessions;

/** Ends a session; one that is over already is as good as ended. @param {SessionEntry} s */
async function end(s) {
  try {
    await call("DELETE", `/api/sessions/${encodeURIComponent(s.id)}`);
  } catch (failure) {
    if (!(failure instanceof Refusal && failure.code === "session-unknown")) throw failure;
  }
}

/** @param {string} text */
function told(text) {
  say("said", text);
  box("main-content").focus();
}

async function draw() {
  const sessions = (await list()).sort((a, b) => Number(b.current) - Number(a.current) || b.last_used_at.localeCompare(a.last_used_at));
  const others = sessions.filter((s) => !s.current).length;
  show("others", others > 0);
  show("alone", others === 0);
  box("rows").replaceChildren(...sessions.map(row));
}

/** @param {SessionEntry} s */
function row(s) {
  const item = h("li", { class: "sessions__item" }, h("div", {},
    h("p", { class: "sessions__what" }, h("strong", {}, s.current ? "This session" : `Session of ${at(s.signed_in_at)}`), " ", h("strong", { class: `usa-tag strength${s.strength === "phone_otp" ? " strength--otp" : ""}` }, strengthName(s.strength))),
    h("p", { class: "small" }, `Signed in ${at(s.signed_in_at)}, last used ${at(s.last_used_at)}, ends by ${at(s.expires_at)}`)));
  if (s.current) return item;
  const press = /** @type {HTMLButtonElement} */ (h("button", { type: "button", class: "usa-button usa-button--outline", "data-busy": "Ending\u2026", "aria-label": `End the session of ${at(s.signed_in_at)}` }, "End"));
  onPress(press, box("problem"), async () => {
    await end(s);
    await draw();
    told("The session has ended.");
  });
  item.append(press);
  return item;
}
