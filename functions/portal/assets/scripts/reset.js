// @ts-check
import { call } from "./api.js";
import { arriveAt, el, show } from "./dom.js";
import { Incomplete, onSubmit } from "./form.js";
import { mailToken } from "./mail-token.js";
import { start } from "./shell.js";

start(async () => {
  const token = mailToken();
  onSubmit(el("form", HTMLFormElement), async (values) => {
    if (!token) throw new Incomplete([{ pointer: "", detail: "The link is not complete. Open it from the mail again." }]);
    await call("POST", "/api/password/reset", { token, password: values.password });
    show("ask", false);
    arriveAt("done");
  });
});
