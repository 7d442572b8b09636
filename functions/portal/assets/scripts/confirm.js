// @ts-check
import { call, NoAnswer } from "./api.js";
import { arriveAt, box, show } from "./dom.js";
import { Incomplete, showFailure } from "./form.js";
import { mailToken } from "./mail-token.js";
import { start } from "./shell.js";

start(async () => {
  const token = mailToken();
  try {
    if (!token) throw new Incomplete([{ pointer: "", detail: "The link is not complete. Copy it from the mail as a whole." }]);
    await call("POST", "/api/accounts/confirm", { token });
    show("working", false);
    arriveAt("done");
  } catch (failure) {
    show("working", false);
    showFailure(box("problem"), failure);
    show("again", !(failure instanceof NoAnswer));
  }
});
