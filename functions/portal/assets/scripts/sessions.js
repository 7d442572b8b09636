// @ts-check
/** @import { SessionEntry, Sessions } from "./contract.js" */
import { call } from "./api.js";
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
    for (const s of (await list()).filter((e) => !e.current)) await end(s);
    await draw();
    say("said", "All other sessions have ended.");
    box("main-content").focus();
  });
});

const list = async () => /** @type {Sessions} */ (await call("GET", "/api/sessions")).sessions;

/** @param {SessionEntry} s */
const end = (s) => call("DELETE", `/api/sessions/${encodeURIComponent(s.id)}`);

async function draw() {
  const sessions = await list();
  show("others", sessions.some((s) => !s.current));
  box("rows").replaceChildren(...sessions.map((s) => {
    const item = h("li", { class: "sessions__item" }, h("div", {},
      h("p", { class: "sessions__what" }, h("strong", {}, s.current ? "This session" : `Session of ${at(s.signed_in_at)}`), " ", h("strong", { class: `usa-tag strength${s.strength === "phone_otp" ? " strength--otp" : ""}` }, strengthName(s.strength))),
      h("p", { class: "small" }, `Signed in ${at(s.signed_in_at)}, last used ${at(s.last_used_at)}, ends by ${at(s.expires_at)}`)));
    if (!s.current) {
      const press = /** @type {HTMLButtonElement} */ (h("button", { type: "button", class: "usa-button usa-button--outline", "data-busy": "Ending\u2026", "aria-label": `End the session of ${at(s.signed_in_at)}` }, "End"));
      onPress(press, box("problem"), async () => {
        await end(s);
        await draw();
        say("said", "The session has ended.");
        box("main-content").focus();
      });
      item.append(press);
    }
    return item;
  }));
}
