// @ts-check
/** A sample protected application: the server decides at every access; this page only asks. */
/** @import { ApplicationView, Session } from "./contract.js" */
import { call, Refusal } from "./api.js";
import { box, facts, h, link, loaded, say, show } from "./dom.js";
import { wayOn } from "./form.js";
import { strengthName } from "./format.js";
import { signedIn, start } from "./shell.js";

start(async () => {
  const s = await signedIn();
  const id = location.pathname.split("/").at(-1) ?? "";
  try {
    const app = /** @type {ApplicationView} */ (await call("GET", `/api/applications/${id}`));
    loaded();
    show("open");
    say("heading", app.name);
    document.title = `${app.name} | Phone OTP`;
    box("app-content").append(...app.content.split("\n\n").map((text) => h("p", {}, text)));
  } catch (failure) {
    if (!(failure instanceof Refusal && failure.status === 403)) throw failure;
    loaded();
    shut(s, failure);
  }
});

/** @param {Session} s @param {Refusal} refusal */
function shut(s, refusal) {
  show("shut");
  say("heading", "Login Requirements Not Met");
  document.title = "Login Requirements Not Met | Phone OTP";
  say("shut-why", refusal.document.detail ?? refusal.document.title);
  facts("shut-facts", [["Your credential strength", strengthName(s.strength)], ["Your credential", s.credential ? null : "None"]]);
  const way = wayOn(refusal.document.next) ?? link("/dashboard", "Go to the dashboard");
  way.className = refusal.document.next === "elevate" ? "usa-button elevate" : "usa-button";
  box("shut-way").append(way);
}
