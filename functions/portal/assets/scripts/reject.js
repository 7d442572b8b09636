// @ts-check
/** "This was not me": undoes a change of phones by the token of a mailed link, when a person presses the button; opening the page does nothing. */
import { call, Refusal } from "./api.js";
import { arriveAt, el, say, show } from "./dom.js";
import { Incomplete, onSubmit } from "./form.js";
import { mailToken } from "./mail-token.js";
import { identify, start } from "./shell.js";

start(async () => {
  const token = mailToken();
  onSubmit(el("form", HTMLFormElement), async () => {
    if (!token) throw new Incomplete([{ pointer: "", detail: "The link is not complete. Open it from the mail again." }]);
    try {
      await call("POST", "/api/phone-changes/reject", { token });
      say("heading", "The change is undone");
      arrive("done");
    } catch (failure) {
      if (!(failure instanceof Refusal && failure.status === 410)) throw failure;
      say("heading", "This link does nothing any more");
      say("over-heading", failure.document.title);
      say("over-text", failure.document.detail ?? "");
      arrive("over");
    }
  });
});

/** @param {string} part */
function arrive(part) {
  show("ask", false);
  if (part === "done") identify(null); // every session has ended, this one as well
  arriveAt(part);
}
